import { drive, stopwatch } from './drive.js';
import type { DemoOptions } from './options.js';
import type { View } from './output.js';
import { phaseIndexAt, phasesOf } from './phases.js';
import { type DemoResult, type Entrant, resultOf } from './result.js';
import { sideOf } from './sides.js';
import { Tally } from './tally.js';
import type { UpstreamHandle } from './upstream-handle.js';
import { LIMIT_MS, type Way } from './ways.js';

/** Far longer than a call may take, so that every call ends on a busy machine, too. Nobody waits once all have ended. */
const PATIENCE_MS = LIMIT_MS + 5_000;
const LOOK_MS = 100;

/** Several ways of making the same calls, side by side. */
export class Comparison {
  readonly #options: DemoOptions;
  readonly #ways: readonly Way[];
  readonly #entrants: readonly Entrant[];
  readonly #view: View | undefined;

  constructor(options: DemoOptions, ways: readonly Way[], view: View | undefined) {
    this.#options = options;
    this.#ways = ways;
    this.#entrants = ways.map(({ name }) => ({ name, tally: new Tally() }));
    this.#view = view;
  }

  get #phases() {
    return phasesOf(this.#options.seconds * 1_000, this.#options.rate);
  }

  /** Shows the current state. Without a time, it shows that the upstreams are starting. */
  show(elapsedMs?: number): void {
    const phases = this.#phases;
    const phase = elapsedMs === undefined ? -1 : phaseIndexAt(phases, elapsedMs);
    const { rate } = this.#options;
    this.#view?.show({ elapsedMs, phases, phase, rate, sides: this.#entrants });
  }

  /** Sends the calls of each way to its own upstream. To be called once. */
  async run(upstreams: readonly UpstreamHandle[], stop: AbortSignal): Promise<DemoResult> {
    const { seed, rate, seconds } = this.#options;
    const phases = this.#phases;
    const elapsed = stopwatch();
    const look = (elapsedMs = elapsed()): void => {
      this.#entrants.forEach(({ tally }, index) => {
        tally.seeQueue(upstreams[index]?.queued ?? 0, elapsedMs);
      });
      this.show(elapsedMs);
    };
    const sides = this.#entrants.map(({ tally }, index) =>
      sideOf(this.#ways[index] as Way, tally, (upstreams[index] as UpstreamHandle).url, elapsed),
    );
    const ticker = setInterval(() => look(), LOOK_MS);
    try {
      const onPhase = ({ behaviour }: (typeof phases)[number]): void => {
        for (const upstream of upstreams) upstream.behave(behaviour);
      };
      await drive({ phases, rate, sides, patienceMs: PATIENCE_MS, onPhase, stop }, elapsed);
    } finally {
      clearInterval(ticker);
    }
    const ranMs = elapsed();
    const interrupted = stop.aborted;
    // The last calls may all end before their time is up.
    look(interrupted ? ranMs : Math.max(ranMs, seconds * 1_000 + LIMIT_MS));
    for (const { tally } of this.#entrants) tally.close();
    for (const side of sides) side.dispose();
    const counts = await Promise.all(upstreams.map((upstream) => upstream.counts()));
    return resultOf({ seed, rate, seconds, ranMs, interrupted, phases }, this.#entrants, counts);
  }
}
