/** Where OpenTelemetry's API keeps what is registered with it. The API is not imported here: it is loaded when there is somebody to tell. */
const API = Symbol.for('opentelemetry.js.api.1');

interface Diag {
  error(message: string, ...args: unknown[]): void;
}

/** Reports a fault of user code that must not disturb a call (a listener or a discard hook that threw). */
export function reportFault(what: string, error: unknown): void {
  try {
    const registered = (globalThis as { readonly [API]?: { readonly diag?: Diag } })[API];
    registered?.diag?.error(`holdfast: ${what} threw`, error);
  } catch {
    // Where the logger throws too, nobody is left to be told.
  }
}
