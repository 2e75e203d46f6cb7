/** Finds what somebody meant by an unknown name. */

/**
 * Returns the candidate closest to `name`, or `undefined` when none is close. Case does not count. A name
 * is close when it differs in at most a third of its letters (wrong, missing, extra, swapped with a
 * neighbour), and when one of the two abbreviates the other. A word that several candidates share is close to none.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const wanted = name.toLowerCase();
  const shared = candidates.filter((candidate) => candidate.toLowerCase().endsWith(wanted));
  if (shared.length > 1 && shared.every(({ length }) => length > wanted.length)) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    let distance = editDistance(wanted, known);
    if (distance > 2 && abbreviates(wanted, known)) distance = 2;
    if (distance < bestDistance && distance < known.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Whether the longer one has all letters of the shorter one, in order, and they are at least half of it. */
function abbreviates(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < 4 || short.length * 2 < long.length) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}

/** Optimal string alignment distance: Levenshtein with swaps of neighbours as one edit. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(beforeLast, j - 2) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] as number;
}
