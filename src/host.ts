/** What holdfast asks the runtime about, once. */
interface Host {
  readonly WebSocketPair?: unknown;
  readonly EdgeRuntime?: unknown;
  readonly process?: { getBuiltinModule?(id: string): unknown };
}

const host = globalThis as Host;

/**
 * Whether timers and promises belong to the request that made them, as in Cloudflare's workerd. There, a timer is gone once its request is
 * answered. A promise that another request settles may never run its reactions. Edge runtimes are often built on workerd.
 */
export const boundToRequests: boolean =
  host.WebSocketPair !== undefined || typeof host.EdgeRuntime === 'string';

/** A Node module; `undefined` where there is none. It is not imported, because bundlers for browsers and workers would not accept that. */
export function builtinModule(id: string): unknown {
  try {
    return host.process?.getBuiltinModule?.(id);
  } catch {
    // This runtime has the function, but not the module.
    return undefined;
  }
}
