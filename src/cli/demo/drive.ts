import { type Phase, phaseIndexAt } from './phases.js';
import { callsIn, dueMs } from './schedule.js';
import type { CallEnd, Tally } from './tally.js';

/** One way of calling the upstream. */
export interface Side {
  readonly tally: Tally;
  /** Makes call number `index`. Never rejects. */
  call(index: number): Promise<CallEnd>;
  /** Releases what it holds. No calls may follow. */
  dispose(): void;
}

/** What a run sends, and where it reports. */
export interface Drive {
  readonly phases: readonly Phase[];
  readonly rate: number;
  readonly sides: readonly Side[];
  /** How long to wait for the last calls. */
  readonly patienceMs: number;
  /** Called when a phase begins. */
  onPhase(phase: Phase): void;
  /** Stops the run early. */
  readonly stop: AbortSignal;
}

/** A clock that starts now. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

/**
 * Sends the same stream of calls to every side, at a fixed rate. Call number n goes to all sides at the same moment, whatever
 * happened to earlier calls. Then waits for the last ones. Resolves when the run is over or stopped.
 */
export async function drive(plan: Drive, elapsed: () => number): Promise<void> {
  const { phases, rate, sides, stop } = plan;
  const totalMs = phases.at(-1)?.endMs ?? 0;
  const calls = callsIn(totalMs, rate);
  let next = 0;
  let phase = -1;
  while (!stop.aborted) {
    const now = elapsed();
    const index = phaseIndexAt(phases, now);
    while (phase < index) {
      phase += 1;
      plan.onPhase(phases[phase] as Phase);
    }
    // After a late timer several calls are due. All are made now.
    for (; next < calls && dueMs(next, rate) <= now; next += 1) {
      // The sides take turns, so that none is always first.
      for (let turn = 0; turn < sides.length; turn += 1) {
        follow(sides[(next + turn) % sides.length] as Side, next, dueMs(next, rate), elapsed);
      }
    }
    const over = next === calls && sides.every(({ tally }) => tally.waiting === 0);
    if ((over && now >= totalMs) || now >= totalMs + plan.patienceMs) break;
    await pause(next < calls ? dueMs(next, rate) - now : TICK_MS, stop);
  }
}

/** How often to look when no call is due. */
const TICK_MS = 10;

function follow(side: Side, index: number, due: number, elapsed: () => number): void {
  const call = side.tally.begin(due);
  void side.call(index).then((how) => side.tally.end(call, how, elapsed()));
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(1, ms));
    stop.addEventListener('abort', done);
  });
}
