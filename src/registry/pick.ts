/** Which of several hosts to call. */
import { describe } from '../config/describe.js';
import { refusalsOf } from '../pipeline/contract/refusals.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { measured } from '../telemetry/sources.js';

/** Returns the pipeline of a key, if there is one. */
export type Look = (key: string) => Pipeline<unknown> | undefined;

/** Below this share of usable hosts, the others are hardly to blame: then ejections do not count. */
const PANIC_SHARE = 0.5;

/** @throws TypeError when it is not an array. A text would be taken for a list of its characters. */
export function assertList(name: 'keys' | 'tried', list: unknown): void {
  if (Array.isArray(list)) return;
  // A text may be the URL of a host, with a password.
  const got = typeof list === 'string' ? 'a string' : describe(list);
  throw new TypeError(`pick: "${name}" must be an array of strings (got ${got})`);
}

/** What speaks against calling a host now. */
type Fault = 'ejected' | 'shut' | undefined;

function faultOf(pipeline: Pipeline<unknown> | undefined): Fault {
  // Nobody has called it yet.
  if (pipeline === undefined) return undefined;
  const now = pipeline.time.now();
  let fault: Fault;
  for (const [i, { policy, gate }] of pipeline.seen.entries()) {
    if (policy.measure === undefined) continue;
    const { state, ejected } = measured(() => pipeline.measureIn(i, now)) ?? {};
    const isShut = state === 'open' || state === 'isolated';
    if (isShut && refusalsOf(gate)?.enforced !== false) return 'shut';
    if (ejected === true) fault = 'ejected';
  }
  return fault;
}

/**
 * The hosts that are neither ejected nor behind an open breaker. If these are less than half, ejections do not count; if all breakers are open,
 * all hosts are usable. So there is always one.
 */
export function usable(keys: readonly string[], look: Look): string[] {
  const faults = keys.map((key) => faultOf(look(key)));
  const fine = keys.filter((_, i) => faults[i] === undefined);
  if (fine.length >= keys.length * PANIC_SHARE) return fine;
  const open = keys.filter((_, i) => faults[i] !== 'shut');
  return open.length > 0 ? open : [...keys];
}

/**
 * Chooses one of two random usable hosts: the one with fewer calls in flight.
 *
 * @param isTried Whether to choose a host only if there are no others.
 * @throws TypeError when there is none to choose from.
 */
export function pick(
  keys: readonly string[],
  isTried: (key: string) => boolean,
  look: Look,
  random: () => number,
): string {
  // Almost always the first two are usable. Then the cost does not grow with the number of hosts.
  const [one, other] = twoOf(keys, random);
  if (one !== undefined && other !== undefined && [one, other].every(isFine)) {
    return lessBusy(one, other, look);
  }
  const able = usable(keys, look);
  const untried = able.filter((key) => !isTried(key));
  const [first, second] = twoOf(untried.length > 0 ? untried : able, random);
  if (first === undefined) throw new TypeError('pick: there must be at least one key');
  return second === undefined ? first : lessBusy(first, second, look);

  function isFine(key: string): boolean {
    return !isTried(key) && faultOf(look(key)) === undefined;
  }
}

/** What is at two different places of a list, chosen at random; `undefined` if it has no such place. */
function twoOf(keys: readonly string[], random: () => number): (string | undefined)[] {
  const first = Math.floor(random() * keys.length);
  const second = Math.floor(random() * (keys.length - 1));
  return [keys[first], keys[second < first ? second : second + 1]];
}

/** Of equally busy ones the first, which was drawn at random. */
function lessBusy(first: string, second: string, look: Look): string {
  // Bodies that nobody reads must not keep a host from being chosen, so no response counts whose head is there.
  const busy = (key: string): number => look(key)?.inFlight ?? 0;
  return busy(second) < busy(first) ? second : first;
}
