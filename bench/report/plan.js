// @ts-check
/**
 * How long a run takes, by the runs that there are results of.
 *
 * @module
 */

/** @typedef {import('../types.d.ts').PathResult} PathResult */
/** @typedef {import('../types.d.ts').Results} Results */

/** What a quick run measures is about half as long. */
const QUICK = 0.5;

/** @param {PathResult} result */
export const secondsARun = ({ seconds, runs }) =>
  seconds === undefined ? undefined : seconds / runs;

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}

/**
 * What is printed before anything is measured.
 * @param {readonly import('../types.d.ts').Path[]} paths
 * @param {number} runs
 * @param {import('../types.d.ts').Effort} effort
 * @param {ReadonlyMap<string, Results>} all
 * @param {string} major
 */
export function planText(paths, runs, effort, all, major) {
  const known = [major, ...all.keys()].flatMap((one) => all.get(one) ?? []);
  let sum = 0;
  const parts = paths.map(({ id, mostRuns = runs }) => {
    const result = known
      .map((results) => results.paths[id])
      .find((one) => one?.seconds !== undefined);
    const each = result && secondsARun(result);
    if (result === undefined || each === undefined) return `${id} ?`;
    const asLong = Number(effort === 'quick') - Number(result.quick ?? false);
    const seconds = each * Math.min(runs, mostRuns) * QUICK ** asLong;
    sum += seconds;
    return `${id} ${duration(seconds)}`;
  });
  const what = `${runs} ${effort === 'quick' ? 'quick ' : ''}runs`;
  if (sum === 0) return `${what}; no results tell how long they take`;
  return `${what}, about ${duration(sum)} by the last results: ${parts.join(', ')}`;
}
