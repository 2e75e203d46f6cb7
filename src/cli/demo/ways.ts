import { pipeline, standard } from '../../index.js';
import { type NaiveRetries, naiveRetries } from './naive-retries.js';

/** Makes one request. */
export type Request = (signal: AbortSignal) => Promise<unknown>;

/** A way of making calls. */
export interface Way {
  readonly name: string;
  /** Makes call number `index`, with one request or several. Rejects when the call fails. */
  call(index: number, request: Request): Promise<unknown>;
  /** Releases what it holds. No calls may follow. */
  dispose(): void;
}

/** How long a call may take, in every way. */
export const LIMIT_MS = 1_000;
/** How many pipelines the calls through holdfast take in turn. They stand for as many clients of a fleet, which share nothing. */
export const CLIENTS = 10;

export const NAIVE: NaiveRetries = {
  maxRetries: 3,
  backoffMs: 20,
  attemptMs: 300,
  totalMs: LIMIT_MS,
};

/** The three ways that the demo compares. */
export function waysToCall(): readonly Way[] {
  return [withTimeout(), withNaiveRetries(), withHoldfast()];
}

function withTimeout(): Way {
  return {
    name: 'fetch',
    call: (_index, request) => request(AbortSignal.timeout(LIMIT_MS)),
    dispose: () => {},
  };
}

function withNaiveRetries(): Way {
  return {
    name: 'naive retries',
    call: (_index, request) => naiveRetries(request, NAIVE),
    dispose: () => {},
  };
}

/** holdfast with its own defaults, in the same time. */
function withHoldfast(): Way {
  const clients = Array.from({ length: CLIENTS }, () =>
    pipeline('inventory', ...standard({ totalTimeout: LIMIT_MS })),
  );
  return {
    name: 'holdfast',
    call: async (index, request) =>
      clients[index % CLIENTS]?.execute(({ signal }) => request(signal)),
    dispose: () => {
      for (const client of clients) void client.dispose();
    },
  };
}
