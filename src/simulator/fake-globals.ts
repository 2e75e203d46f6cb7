import type { Clock } from '../time/clock.js';
import { FakeTimers } from './fake-timers.js';

/**
 * Replaces the host's time and random numbers with simulated ones, so that libraries that take no clock also run in the simulation.
 * Returns a function that puts the host's back.
 */
export function fakeGlobals(clock: Clock, random: () => number): () => void {
  const { clearTimeout, clearInterval, Date: RealDate } = globalThis;
  const timers = new FakeTimers(clock);
  const clear =
    (real: (timer: never) => void) =>
    (timer?: unknown): void => {
      // A timer that was set before the simulation is the host's.
      if (!timers.clear(timer)) real(timer as never);
    };
  const undo = [
    replace(globalThis, {
      setTimeout: timers.once,
      clearTimeout: clear(clearTimeout),
      setInterval: timers.repeat,
      clearInterval: clear(clearInterval),
      Date: fakeDate(RealDate, clock),
    }),
    replace(Math, { random }),
    replace(performance, { now: () => clock.now() }),
    replace(AbortSignal, { timeout: timeoutOf(clock) }),
  ];
  return () => {
    for (const each of undo) each();
  };
}

/** Sets properties. Returns a function that makes them what they were: own or inherited. */
function replace(target: object, values: Readonly<Record<string, unknown>>): () => void {
  const names = Object.keys(values);
  const before = names.map((name) => Object.getOwnPropertyDescriptor(target, name));
  for (const name of names) {
    const value = values[name];
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
  return () => {
    names.forEach((name, i) => {
      const descriptor = before[i];
      if (descriptor === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, descriptor);
    });
  };
}

/** The host's dates, except for the current time. */
function fakeDate(real: DateConstructor, clock: Clock): DateConstructor {
  const now = (): number => clock.wallNow();
  return new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: (target) => new target(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}

function timeoutOf(clock: Clock): (delayMs: number) => AbortSignal {
  return (delayMs) => {
    const controller = new AbortController();
    const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    clock.setTimer(() => controller.abort(error), delayMs);
    return controller.signal;
  };
}
