import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import type { Agent, Dispatcher, ProxyAgent } from 'undici';
import * as undici7 from 'undici';
import { nodeIsAtLeast } from './node-version.js';

/** What is used of undici, 7 or 8. */
export interface Undici {
  readonly Agent: typeof Agent;
  readonly ProxyAgent: typeof ProxyAgent;
  readonly interceptors: typeof undici7.interceptors;
  readonly fetch: unknown;
  readonly request: typeof undici7.request;
}

/** A client of holdfast's, whatever it is made of. */
export interface Client {
  readonly on: ReturnType<typeof resilientRequest>['on'];
  /** Sends a request and reads the answer to its end. */
  send(url: string, init?: object): Promise<number>;
}

/** One way to send requests through an undici dispatcher under the rules of holdfast. */
export interface Way {
  readonly name: string;
  readonly undici: Undici;
  /** Whether redirects are followed without an interceptor. */
  readonly follows: boolean;
  readonly make: (dispatcher: Dispatcher, options?: object) => Client;
}

const policies = { retry: { initialDelay: 0, maxDelay: 0, budget: false } } as const;

function fetching(fetch: unknown): Way['make'] {
  return (dispatcher, options) => {
    const client = resilientFetch({
      fetch: fetch as typeof globalThis.fetch,
      policies,
      ...options,
    });
    const send = async (url: string, init?: object): Promise<number> => {
      const response = await client(url, { ...init, dispatcher } as object);
      await response.text();
      return response.status;
    };
    return { on: client.on, send };
  };
}

function waysOf(name: string, undici: Undici): Way[] {
  const requesting: Way['make'] = (dispatcher, options) => {
    const client = resilientRequest({ request: undici.request, policies, ...options });
    const send = async (url: string, init?: object): Promise<number> => {
      const { statusCode, body } = await client(url, { ...init, dispatcher });
      await body.text();
      return statusCode;
    };
    return { on: client.on, send };
  };
  const intercepting: Way['make'] = (dispatcher, options) => {
    const interceptor = resilience({ policies, ...options });
    const composed = dispatcher.compose(interceptor);
    const send = async (url: string, init?: object): Promise<number> => {
      const { statusCode, body } = await undici.request(url, { ...init, dispatcher: composed });
      await body.text();
      return statusCode;
    };
    return { on: interceptor.on, send };
  };
  return [
    {
      name: `resilientFetch() over the fetch of ${name}`,
      follows: true,
      make: fetching(undici.fetch),
    },
    { name: `resilientRequest() of ${name}`, follows: false, make: requesting },
    { name: `resilience() in ${name}`, follows: false, make: intercepting },
  ].map((way) => ({ ...way, undici }));
}

const global: Way = {
  name: 'resilientFetch() over the global fetch',
  undici: undici7 as unknown as Undici,
  follows: true,
  make: fetching((url: string, init: object) => fetch(url, init)),
};

/** With undici 7, and 8 where it loads. */
export const ways: readonly Way[] = [
  global,
  ...waysOf('undici 7', undici7 as unknown as Undici),
  ...(nodeIsAtLeast(22, 19)
    ? waysOf('undici 8', (await import('undici8')) as unknown as Undici)
    : []),
];
