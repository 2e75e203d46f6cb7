import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Path relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Every Markdown page a reader can meet: those of the top level and all of docs/. */
export function pages(): Page[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  let below: string[] = [];
  try {
    below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name.split(sep).join('/')}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return [...top, ...below]
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
