import type {
  CircuitBreakerOptions,
  CircuitBreakerPolicy,
  Clock,
  EventBody,
  EventOf,
  Call as GateCall,
  PipelineEvent,
} from '../../../src/index.js';
import { circuitBreaker, pipeline } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { timeSourceOf } from '../../../src/time/time-source.js';

/** What the upstream of these tests fails with. */
export const DOWN = new Error('down');

/** Chance without spread: the open time is exactly what the rules say. */
export const even = (): number => 0.5;

/**
 * Numbers that are easy to reckon with, for tests of how it works: half of the calls or five in a row open it at once, for 5 s, and
 * it closes at once. What the defaults are and do has tests of its own.
 */
export const PLAIN = {
  random: even,
  openFor: '5s',
  maxOpenFor: '60s',
  probeTimeout: '5s',
  rampFor: 0,
} satisfies CircuitBreakerOptions;
export const PLAIN_RULES = {
  consecutiveFailures: 5,
  failureRate: 0.5,
  window: '30s',
  failingFor: 0,
} satisfies CircuitBreakerOptions;

/** A promise with its ends. */
export interface Deferred<T = unknown> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = unknown>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}

/** A call under way. */
export interface Call {
  /** Whether the operation was called. */
  readonly ran: boolean;
  /** The error of a call that has ended with one. */
  readonly error: unknown;
  readonly settled: Promise<PromiseSettledResult<unknown>>;
  succeed(value?: unknown): Promise<unknown>;
  fail(error?: unknown): Promise<unknown>;
  abort(reason?: unknown): Promise<unknown>;
}

/** A breaker with {@link PLAIN} numbers in a pipeline of its own, with a virtual clock and all its events. */
export function harness(options: CircuitBreakerOptions = {}, clock = new VirtualClock()) {
  const rules = options.breaker === undefined ? PLAIN_RULES : {};
  return harnessOf(circuitBreaker({ ...PLAIN, ...rules, ...options }), clock);
}

/** The same around a breaker with the defaults. */
export function defaultHarness(options: CircuitBreakerOptions = {}, clock = new VirtualClock()) {
  return harnessOf(circuitBreaker({ random: even, ...options }), clock);
}

function harnessOf(breaker: CircuitBreakerPolicy, clock: VirtualClock) {
  const calls = pipeline({ name: 'calls', clock }, breaker);
  const events: PipelineEvent[] = [];
  calls.on((event) => {
    events.push(event);
  });
  return {
    breaker,
    calls,
    clock,
    events,
    transitions: () =>
      events
        .filter((event): event is EventOf<'transition'> => event.type === 'transition')
        .map(({ from, to, reason }) => `${from} > ${to}: ${reason}`),
    start: () => start(calls),
    succeed: (times = 1) => repeat(times, () => calls.settle(() => 'ok')),
    fail: (times = 1, error: unknown = DOWN) =>
      repeat(times, () =>
        calls.settle(() => {
          throw error;
        }),
      ),
    /** Opens it by its rules and waits until its time is over. */
    async untilHalfOpen(error: unknown = DOWN) {
      await repeat(5, () => calls.settle(() => Promise.reject(error)));
      await clock.advance(Math.max(0, (breaker.snapshot().openUntil ?? 0) - clock.wallNow()));
    },
  };
}

/** Starts a call that ends when the test says so. */
export function start(calls: {
  settle(
    operation: () => Promise<unknown>,
    options: { signal: AbortSignal },
  ): Promise<PromiseSettledResult<unknown>>;
}): Call {
  const { promise, resolve, reject } = deferred();
  const controller = new AbortController();
  let ran = false;
  let error: unknown;
  const settled = calls.settle(
    () => {
      ran = true;
      return promise;
    },
    { signal: controller.signal },
  );
  void settled.then((result) => {
    if (result.status === 'rejected') error = result.reason;
  });
  return {
    get ran() {
      return ran;
    },
    get error() {
      return error;
    },
    settled,
    succeed: (value = 'ok') => {
      resolve(value);
      return settled;
    },
    fail: (failure: unknown = DOWN) => {
      // A rejection of which no operation tells would be nobody's to handle.
      if (ran) reject(failure);
      return settled;
    },
    abort: (reason: unknown = new Error('the caller went away')) => {
      controller.abort(reason);
      return settled;
    },
  };
}

async function repeat<T>(times: number, run: () => Promise<T>): Promise<T> {
  let last = await run();
  for (let i = 1; i < times; i++) last = await run();
  return last;
}

/** A call as a gate sees it, without a pipeline around it. `noted` is what the gate notes in its trace. */
export function gateCall(clock: Clock): GateCall & { readonly noted: EventBody[] } {
  const noted: EventBody[] = [];
  return {
    noted,
    pipeline: 'calls',
    label: 'calls',
    publicKey: undefined,
    policy: 'circuit_breaker',
    time: timeSourceOf(clock),
    layer: 0,
    state: undefined,
    traits: undefined,
    layers: [],
    alone: false,
    attempts: 1,
    callId: 1,
    within: (run) => run(),
    deadline: Infinity,
    roughDeadline: Infinity,
    setting: () => undefined,
    isFailure: () => undefined,
    known: () => undefined,
    captureStack: false,
    listening: false,
    emit: () => {},
    note: (event) => noted.push(event),
    told: () => ({ outcome: 'success', status: undefined, value: undefined, error: undefined }),
    wouldReject: () => {},
    abandon: () => {},
  };
}
