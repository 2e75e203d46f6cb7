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

// Shares of the run: slow from 2/17, good from 5/17, failing from 10.5/17, good from 13/17.
const [SLOW, GOOD, FAILS, BETTER] = [2 / 17, 5 / 17, 10.5 / 17, 13 / 17] as const;
const SCRIPTS: readonly Script[] = [
  {
    name: 'fetch',
    sends: () => 1,
    isAnswered: (share) => share < SLOW || (share > 9 / 17 && share < FAILS) || share > BETTER,
    queue: (share) => (share < SLOW || share > 9 / 17 ? 0 : share < GOOD ? 400 : 200),
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
    isAnswered: (share) => share < SLOW || (share > GOOD && share < FAILS) || share > 13.4 / 17,
    queue: () => 3,
  },
];

/** The demo at a moment, as if all had gone as planned. */
export function momentAt(elapsedMs: number, rate = 150, totalMs = 17_000): Moment {
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
