interface HostGlobals {
  readonly WebSocketPair?: unknown;
  readonly EdgeRuntime?: unknown;
}

/**
 * Whether timers and promises belong to the request in whose course they were made, as in Cloudflare's workerd: a timer is gone once its
 * request is answered, and a promise settled in the course of another request may never run its reactions. Edge runtimes are often built on it.
 */
export const boundToRequests: boolean = /* @__PURE__ */ find(globalThis as HostGlobals);

function find(globals: HostGlobals): boolean {
  return globals.WebSocketPair !== undefined || typeof globals.EdgeRuntime === 'string';
}
