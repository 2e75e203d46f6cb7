import { type ClientState, type ResilientFetchOptions, resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { implementations } from '../../../fetch/support/implementations.js';
import { nodeIsAtLeast } from '../../../fetch/support/node-version.js';

type Undici = typeof import('undici');

/** Options that all clients take. */
export type Options = Pick<
  ResilientFetchOptions,
  'policies' | 'headers' | 'idempotent' | 'key' | 'clock' | 'name' | 'idleTimeout' | 'bodyTimeout'
>;

/** An answer, whoever brought it. */
export interface Answer {
  readonly status: number;
  text(): Promise<string>;
  /** The stream, for reading a part of it. */
  readonly body: unknown;
}

export interface SendInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly holdfast?: object;
}

export interface Client {
  send(url: string, init?: SendInit): Promise<Answer>;
  drain: ClientState['drain'];
  /** Closes the connections of the client. */
  close(): Promise<void>;
}

/** One way of sending requests through holdfast. */
export interface ClientKind {
  readonly name: string;
  /** Bodies are its own classes, or global ones. */
  readonly FormData: typeof FormData;
  readonly Request: typeof Request | undefined;
  make(options?: Options, connections?: number): Client;
  /**
   * The same over a transport that takes no notice of signals: an attempt that is given up still gets its answer, and nothing but a discard frees the
   * connection. `undefined` where a signal is not all that gives an attempt up.
   */
  readonly makeDeaf?: ClientKind['make'];
}

type Sends = (url: string, init?: object) => Promise<unknown>;

function deafen(send: Sends): Sends {
  return (url, init) => send(url, { ...init, signal: undefined });
}

const undicis: { name: string; undici: Undici }[] = [
  { name: 'undici 7', undici: await import('undici') },
  ...(nodeIsAtLeast(22, 19)
    ? [{ name: 'undici 8', undici: (await import('undici8')) as unknown as Undici }]
    : []),
];

const fetches: ClientKind[] = implementations.map(({ name, fetch, connections, ...classes }) => {
  const over =
    (sender: typeof fetch): ClientKind['make'] =>
    (options, count = 20) => {
      const { init: own, close } = connections(count);
      const send = resilientFetch({ fetch: sender, ...options });
      return {
        send: (url, init) => send(url, { ...own, ...init } as RequestInit),
        drain: send.drain,
        close,
      };
    };
  return {
    ...classes,
    name: `resilientFetch over ${name}`,
    make: over(fetch),
    makeDeaf: over(deafen(fetch as Sends) as typeof fetch),
  };
});

const answerOf = ({ statusCode, body }: Awaited<ReturnType<Undici['request']>>): Answer => ({
  status: statusCode,
  text: () => body.text(),
  body,
});

const requests: ClientKind[] = undicis.map(({ name, undici }) => {
  const over =
    (sender: Undici['request']): ClientKind['make'] =>
    (options, connections = 20) => {
      const dispatcher = new undici.Agent({ connections, pipelining: 1 });
      const request = resilientRequest({ request: sender, ...(options as object) });
      return {
        send: async (url, init) => answerOf(await request(url, { dispatcher, ...init } as object)),
        drain: request.drain,
        close: () => dispatcher.destroy(),
      };
    };
  return {
    name: `resilientRequest over ${name}`,
    FormData: undici.FormData as unknown as typeof FormData,
    Request: undefined,
    make: over(undici.request),
    makeDeaf: over(deafen(undici.request as Sends) as Undici['request']),
  };
});

const interceptors: ClientKind[] = undicis.map(({ name, undici }) => ({
  name: `${name}.request through resilience()`,
  FormData: undici.FormData as unknown as typeof FormData,
  Request: undefined,
  make: (options, connections = 20) => {
    const agent = new undici.Agent({ connections, pipelining: 1 });
    const interceptor = resilience(options as object);
    const dispatcher = agent.compose(interceptor);
    return {
      send: async (url, init) =>
        answerOf(await undici.request(url, { dispatcher, ...init } as object)),
      drain: interceptor.drain,
      close: () => agent.destroy(),
    };
  },
}));

/** Every way of sending requests through holdfast that runs on this Node. */
export const clientKinds: readonly ClientKind[] = [...fetches, ...requests, ...interceptors];

/** Retries that wait for nothing, and none of the limits that a test of many calls would meet. */
export const eager = {
  retry: { initialDelay: 0, maxDelay: 0, budget: false },
  circuitBreaker: false,
} as const;
