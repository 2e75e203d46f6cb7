import { ContractError } from '../../errors.js';
import type { Context } from '../../pipeline/contract/context.js';
import type { ChaosInjection } from '../../pipeline/contract/injection.js';
import type { Clock } from '../../time/clock.js';
import { durationIn, remedyFor } from '../../time/duration.js';
import { markInjected } from './injected.js';
import type { ResolvedChaos, SeededRandom } from './options.js';

/** What an injection says of itself. */
export interface Injected {
  readonly delayMs?: number;
  readonly error?: unknown;
  readonly value?: unknown;
}

/** One attempt, and what is to be injected into it. */
export interface Injecting {
  readonly context: Context;
  readonly options: ResolvedChaos;
  readonly kinds: ReadonlySet<ChaosInjection>;
  readonly random: SeededRandom;
  readonly clock: Clock;
  /** Told of each injection when it happens. */
  readonly told: (kind: ChaosInjection, what: Injected) => void;
}

/** Injects: first the behaviour, then the latency, and then a fault or a result in place of `send`. Once the attempt is given up, nothing more happens. */
export async function inject(about: Injecting, send: () => unknown): Promise<unknown> {
  const { context, kinds, random, clock, told } = about;
  const { faults, latency, results, behavior } = about.options;
  const { signal } = context;
  const goOn = (): void => {
    if (signal.aborted) throw signal.reason;
  };
  if (behavior !== undefined && kinds.has('behavior')) {
    told('behavior', {});
    goOn();
    await marked(() => behavior.run(context, random));
    goOn();
  }
  if (latency !== undefined && kinds.has('latency')) {
    const { delay } = latency;
    const delayMs = typeof delay === 'function' ? milliseconds(delay(context, random)) : delay;
    goOn();
    told('latency', { delayMs });
    goOn();
    await wait(delayMs, clock, signal);
  }
  if (faults !== undefined && kinds.has('fault')) {
    const error = faults.error(context, random);
    goOn();
    markInjected(error);
    told('fault', { error });
    throw error;
  }
  if (results === undefined || !kinds.has('result')) return send();
  const { value } = results;
  const made: unknown = typeof value === 'function' ? await value(context, random) : value;
  goOn();
  markInjected(made);
  told('result', { value: made });
  return made;
}

/** What the user's code fails with is injected, too. */
async function marked(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    markInjected(error);
    throw error;
  }
}

function milliseconds(answer: unknown): number {
  const ms = durationIn(answer);
  if (ms === undefined) throw new ContractError(`chaos.latency.delay: ${remedyFor(answer)}`);
  return ms;
}

function wait(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    const onAbort = (): void => {
      clock.clearTimer(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
