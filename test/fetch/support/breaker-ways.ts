import { type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, type Dispatcher, request, fetch as undiciFetch } from 'undici';

/** What a double stands in for. */
export type GlobalFetch = typeof globalThis.fetch;

/** Options that all ways take. */
export type WayOptions = Pick<ResilientFetchOptions, 'policies' | 'key' | 'clock' | 'classify'>;

export interface WayInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly holdfast?: object;
}

/** A way of sending: answers the status. */
export interface Way {
  status(url: string, init?: WayInit): Promise<number>;
  snapshot(): ReturnType<ReturnType<typeof resilientFetch>['snapshot']>;
}

/** How each sends through a dispatcher; an Agent of its own where none is given. */
export const ways: Readonly<Record<string, (options?: WayOptions, under?: Dispatcher) => Way>> = {
  'resilientFetch()': (options, dispatcher = new Agent()) => {
    const fetch = resilientFetch({ ...options, fetch: undiciFetch } as object) as unknown as ((
      url: string,
      init: object,
    ) => Promise<Response>) &
      Pick<Way, 'snapshot'>;
    return {
      status: async (url, init) => {
        const response = await fetch(url, { dispatcher, ...init });
        await response.arrayBuffer();
        return response.status;
      },
      snapshot: fetch.snapshot,
    };
  },
  'resilientRequest()': (options, dispatcher = new Agent()) => {
    const send = resilientRequest(options as object);
    return {
      status: async (url, init) => {
        const { statusCode, body } = await send(url, { dispatcher, ...init } as object);
        await body.arrayBuffer();
        return statusCode;
      },
      snapshot: send.snapshot,
    };
  },
  'resilience()': (options, under = new Agent()) => {
    const interceptor = resilience(options as object);
    const dispatcher = under.compose(interceptor);
    return {
      status: async (url, init) => {
        const { statusCode, body } = await request(url, { dispatcher, ...init } as object);
        await body.arrayBuffer();
        return statusCode;
      },
      snapshot: interceptor.snapshot,
    };
  },
};

/** Retries that wait for nothing, inside a breaker's view that a few calls change at once. */
export const quick = {
  retry: { initialDelay: 0, maxDelay: 0, budget: false },
  circuitBreaker: { consecutiveFailures: 3, failingFor: 0 },
} as const;

/** The state and the counts of the breaker for a key. */
export function breakerOf(way: Pick<Way, 'snapshot'>, key: string): unknown {
  return way.snapshot()[key]?.policies['circuit_breaker'];
}
