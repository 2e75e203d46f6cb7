import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The source files of a part, from the root of the repository. */
export function sourceFiles({ files }) {
  return files.flatMap((file) => {
    const folder = `src/${dirname(file)}`;
    const matches = new RegExp(`^${basename(file).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
    const found = readdirSync(folder).filter((name) => matches.test(name));
    if (found.length === 0) throw new Error(`test/mutation/parts.js: there is no ${file} in src/`);
    return found.map((name) => `${folder}/${name}`);
  });
}
