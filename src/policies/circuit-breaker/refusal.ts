import type { RejectedError, RejectedErrorInit } from '../../errors.js';
import { CircuitIsolatedError, CircuitOpenError } from '../../errors.js';
import type { BreakerState } from '../../pipeline/contract/events.js';
import type { RefusedCall } from '../../pipeline/contract/straight-half.js';
import type { Circuit } from './circuit.js';

/** How long a refused call has to wait until a call is certainly let in, if that is known. */
export function waitOf(circuit: Circuit, nowMs: number): number | undefined {
  if (circuit.state === 'open') return circuit.leftMs(nowMs);
  return circuit.ramp === undefined ? undefined : circuit.ramp.endsAt - nowMs;
}

/** Makes the errors for calls that are refused. The message is kept, because calls that follow each other mostly get the same. */
export class RefusalMaker {
  #label: string | undefined;
  #state: BreakerState | undefined;
  #message = '';

  of(circuit: Circuit, { captureStack, label }: RefusedCall, nowMs: number): RejectedError {
    const { state, cause } = circuit;
    if (label !== this.#label || state !== this.#state) {
      this.#label = label;
      this.#state = state;
      this.#message = `${label}: the circuit breaker is ${DOING[state]}`;
    }
    const message = this.#message;
    if (state === 'isolated') return new CircuitIsolatedError(message, { captureStack });
    const init = { captureStack, retryAfter: waitOf(circuit, nowMs) };
    return cause === undefined
      ? new CircuitOpenError(message, init)
      : new CausedError(message, init, cause);
  }
}

const DOING = {
  isolated: 'isolated',
  open: 'open',
  half_open: 'probing',
  closed: 'closing again, and lets in only some calls',
} as const;

/**
 * A CircuitOpenError with a cause. The cause is on its prototype: defining a property that is not enumerable takes longer than
 * all the rest of a refusal.
 */
const CausedError = /* @__PURE__ */ causedError();

// A function that is called pure, because a bundler keeps every class with a static block.
function causedError(): new (
  message: string,
  init: RejectedErrorInit,
  cause: unknown,
) => CircuitOpenError {
  return class CausedError extends CircuitOpenError {
    readonly #cause: unknown;

    static {
      const own = (value: unknown) => ({ value, writable: true, configurable: true });
      Object.defineProperties(CausedError.prototype, {
        constructor: own(CircuitOpenError),
        cause: {
          get(this: CausedError) {
            // Matchers and loggers make objects like it that are none, and look at them.
            return #cause in this ? this.#cause : undefined;
          },
          set(this: CausedError, value: unknown) {
            Object.defineProperty(this, 'cause', own(value));
          },
        },
      });
    }

    constructor(message: string, init: RejectedErrorInit, cause: unknown) {
      super(message, init);
      this.#cause = cause;
    }
  };
}
