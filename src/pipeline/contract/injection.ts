import { shared } from '../../copies.js';
import type { Context } from './context.js';

/** What a chaos policy may do to an attempt. */
export type ChaosInjection = 'behavior' | 'latency' | 'fault' | 'result';

/** The rates at which a chaos policy injects: 0..1. Those that it has no options for are left out. */
export type ChaosRates = { readonly [Kind in ChaosInjection]?: number };

/** Sends a request, or does what stands in for that. */
export type Sending = (send: () => unknown) => unknown;

const sendings = /* @__PURE__ */ shared('sendings', () => new WeakMap<object, Sending>());

/**
 * What stands between this attempt of a client and the sending of its request. `undefined`: nothing. A client asks right before it sends, so
 * that its own rules apply to what is injected as they do to real answers and errors.
 */
export function sendingOf(context: Context): Sending | undefined {
  return sendings.get(context);
}

/** Puts something there. */
export function standBetween(context: Context, sending: Sending): void {
  sendings.set(context, sending);
}
