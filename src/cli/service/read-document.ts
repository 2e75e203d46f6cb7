import { readFile } from 'node:fs/promises';
import { UsageError } from '../usage.js';
import type { Json } from './json.js';

/**
 * Reads a JSON document.
 *
 * @throws UsageError that names the file.
 */
export async function readDocument(path: string): Promise<Json> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`}`,
    );
  }
  try {
    // Some editors write a byte order mark at the start.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    if (
      /\.ya?ml$/i.test(path) ||
      /^\s*(#|---|["']?(openapi|swagger)["']?\s*:)/m.test(text.slice(0, 2_000))
    ) {
      throw new UsageError(
        `${path} is YAML, and JSON is read: convert it first (npx @redocly/cli bundle ${path} -o openapi.json)`,
      );
    }
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
}
