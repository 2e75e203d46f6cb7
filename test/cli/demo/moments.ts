import type { Moment } from '../../../src/cli/demo/frame.js';
import { phaseIndexAt, phasesOf } from '../../../src/cli/demo/phases.js';
import { callsIn, dueMs } from '../../../src/cli/demo/schedule.js';
import { Tally } from '../../../src/cli/demo/tally.js';

/** A side that made its calls until now: how often it sent each, whether it was answered, and how long the queue was. */
interface Script {
  readonly name: string;
  readonly sends: (share: number) => number;
  readonly isAnswered: (share: number) => boolean;
  readonly queue: (share: number) => number;
}

// Shares of the run: slow, good again, failing, good at last. `fetch` is back from its queue at 7 s of 17.
const [SLOW, GOOD, BACK, FAILS, BETTER] = [3 / 34, 8 / 34, 14 / 34, 19 / 34, 24 / 34] as const;
const SCRIPTS: readonly Script[] = [
  {
    name: 'fetch',
    sends: () => 1,
    isAnswered: (share) => share < SLOW || (share > BACK && share < FAILS) || share > BETTER,
    queue: (share) => (share < SLOW || share > BACK ? 0 : share < GOOD ? 150 : 100),
  },
  {
    name: 'naive retries',
    sends: (share) => (share < SLOW ? 1 : 4),
    isAnswered: (share) => share < SLOW,
    queue: (share) => (share < SLOW ? 0 : 99_999 * share),
  },
  {
    name: 'holdfast',
    sends: (share) => (share > SLOW && share < GOOD ? 0.2 : 1),
    isAnswered: (share) => share < SLOW || (share > GOOD && share < FAILS) || share > 24.8 / 34,
    queue: () => 3,
  },
];

/** The demo at a moment, as if all had gone as planned. */
export function momentAt(elapsedMs: number, rate = 100, totalMs = 17_000): Moment {
  const phases = phasesOf(totalMs, rate);
  const calls = callsIn(Math.min(elapsedMs, totalMs), rate);
  const sides = SCRIPTS.map(({ name, sends, isAnswered, queue }) => {
    const tally = new Tally();
    let sent = 0;
    for (let index = 0; index < calls; index += 1) {
      const ms = dueMs(index, rate);
      const share = ms / totalMs;
      tally.seeQueue(Math.round(queue(share)), ms);
      for (sent += sends(share); sent >= 1; sent -= 1) tally.send(ms);
      tally.end(tally.begin(ms), isAnswered(share) ? 'answered' : 'failed', ms);
    }
    return { name, tally };
  });
  return { elapsedMs, phases, phase: phaseIndexAt(phases, elapsedMs), rate, sides };
}

/** The demo while its upstreams start. */
export function firstMoment(): Moment {
  return { ...momentAt(0), elapsedMs: undefined, phase: -1 };
}
