import { execFileSync } from 'node:child_process';

/** A difference may be long: more than the megabyte that is read by default. */
const HOW = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 };

const git = (...args) => execFileSync('git', args, HOW).trim();

/** The lines of each source file that differ from the main branch, as Stryker takes them: `file:first-last`. */
export function changedLines() {
  const found = new Map();
  let file = '';
  for (const line of git('diff', '--unified=0', '--no-color', base(), '--', 'src').split('\n')) {
    if (line.startsWith('+++ ')) file = line.slice('+++ b/'.length);
    const [, first, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (first === undefined || count === '0') continue;
    const last = Number(first) + Number(count) - 1;
    found.set(file, [...(found.get(file) ?? []), `${file}:${first}-${last}`]);
  }
  return found;
}

/** Where this branch left the main branch; on that branch itself, the commit before. */
function base() {
  const head = git('rev-parse', 'HEAD');
  for (const main of ['origin/main', 'main']) {
    try {
      const found = git('merge-base', 'HEAD', main);
      if (found !== head) return found;
    } catch {
      // There is no branch of this name here.
    }
  }
  try {
    return git('rev-parse', 'HEAD~1');
  } catch {
    console.log(
      'There is no commit before this one: only what is not committed counts as changed.',
    );
    return head;
  }
}
