/** What is asked once about the runtime. */
interface Host {
  readonly WebSocketPair?: unknown;
  readonly EdgeRuntime?: unknown;
  readonly process?: { getBuiltinModule?(id: string): unknown };
}

const host = globalThis as Host;

/**
 * Whether timers and promises belong to the request in whose course they were made, as in Cloudflare's workerd: a timer is gone once its
 * request is answered, and a promise settled in the course of another request may never run its reactions. Edge runtimes are often built on it.
 */
export const boundToRequests: boolean =
  host.WebSocketPair !== undefined || typeof host.EdgeRuntime === 'string';

/** A module of Node's; `undefined` where there is none. An import would not pass bundlers for browsers and workers. */
export function builtinModule(id: string): unknown {
  try {
    return host.process?.getBuiltinModule?.(id);
  } catch {
    // A runtime that has the function, and not the module.
    return undefined;
  }
}
