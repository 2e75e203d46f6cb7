import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** The files of a pattern of parts.js, from the root of the repository. `folder` is what it lies below: `src` or `test`. */
export function filesOf(folder, pattern) {
  const within = `${folder}/${dirname(pattern)}`;
  const matches = new RegExp(`^${basename(pattern).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  const found = readdirSync(within).filter((name) => matches.test(name));
  if (found.length === 0) {
    throw new Error(`test/mutation/parts.js: there is no ${pattern} in ${folder}/`);
  }
  return found.map((name) => `${within}/${name}`);
}
