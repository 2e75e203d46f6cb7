import { defineService } from '../../services/index.js';
import { type NaiveRetries, naiveRetries } from './naive-retries.js';

/** What is called, and how its requests are sent. */
export interface Upstream {
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** Makes the calls of one way. */
export interface Caller {
  /** Makes call number `index`, with one request or several. Rejects when the call fails. */
  call(index: number): Promise<unknown>;
  /** Releases what it holds. No calls may follow. */
  dispose(): void;
}

/** A way of making calls. */
export interface Way {
  readonly name: string;
  /** A caller that has learned nothing yet. */
  to(upstream: Upstream): Caller;
}

/** How long a call may take, in every way. */
export const LIMIT_MS = 1_000;
/** How many services the calls through holdfast take in turn. They stand for as many clients of a fleet, which share nothing. */
export const CLIENTS = 10;

export const NAIVE: NaiveRetries = {
  maxRetries: 3,
  backoffMs: 20,
  attemptMs: 300,
  totalMs: LIMIT_MS,
};

/** The three ways that the demo compares. */
export const WAYS: readonly Way[] = [
  { name: 'fetch', to: withTimeout },
  { name: 'naive retries', to: withNaiveRetries },
  { name: 'holdfast', to: withHoldfast },
];

const ARTICLES = 20;
const articleOf = (index: number): number => index % ARTICLES;

/** Makes the request of a call. Like most code, it throws when the status is not a success. */
async function readStock(upstream: Upstream, index: number, signal: AbortSignal): Promise<unknown> {
  const response = await upstream.fetch(`${upstream.url}/stock/${articleOf(index)}`, { signal });
  // Always read the body: an unread one keeps its connection from being reused.
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return JSON.parse(body);
}

function withTimeout(upstream: Upstream): Caller {
  return {
    call: (index) => readStock(upstream, index, AbortSignal.timeout(LIMIT_MS)),
    dispose: () => {},
  };
}

function withNaiveRetries(upstream: Upstream): Caller {
  return {
    call: (index) => naiveRetries((signal) => readStock(upstream, index, signal), NAIVE),
    dispose: () => {},
  };
}

/** holdfast with its own defaults, in the same time. */
function withHoldfast({ url, fetch }: Upstream): Caller {
  const clients = Array.from({ length: CLIENTS }, () =>
    defineService('inventory', {
      baseUrl: url,
      policies: { totalTimeout: LIMIT_MS },
      operations: { stock: { method: 'GET', path: '/stock/:article', as: 'json' } },
      // Several clients in one process would have one name there.
      registry: false,
      fetch,
    }),
  );
  return {
    call: async (index) =>
      clients[index % CLIENTS]?.stock({ params: { article: articleOf(index) } }),
    dispose: () => {
      for (const client of clients) client.$.dispose();
    },
  };
}
