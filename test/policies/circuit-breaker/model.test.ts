import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  CircuitBreakerOptions,
  CircuitBreakerSnapshot,
  Driver,
  Isolation,
  Pipeline,
} from '../../../src/index.js';
import { circuitBreaker, pipeline, RejectedError } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import type { Admission, End, ModelCall, ModelOptions } from './model.js';
import { Model } from './model.js';
import type { Call } from './support.js';
import { start } from './support.js';

type Step =
  | {
      readonly do:
        | 'start'
        | 'retried'
        | 'recover'
        | 'probe'
        | 'trip'
        | 'reset'
        | 'isolate'
        | 'handOver';
    }
  | { readonly do: 'end'; readonly which: number; readonly how: End; readonly asked: number }
  | { readonly do: 'burst'; readonly how: End; readonly times: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'toOpenEnd'; readonly plus: number }
  | { readonly do: 'release'; readonly which: number };

const how: fc.Arbitrary<End> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<End>('success') },
  { weight: 4, arbitrary: fc.constant<End>('failure') },
  { weight: 1, arbitrary: fc.constantFrom<End>('rejected', 'cancelled') },
);

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Step>({ do: 'start' }) },
    { weight: 3, arbitrary: fc.constant<Step>({ do: 'retried' }) },
    { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'recover' }, { do: 'probe' }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(20),
        how,
        asked: fc.constantFrom(0, 0, 0, 700, 100_000),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('burst' as const),
        how,
        times: fc.integer({ min: 1, max: 8 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc
        .oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(100, 900, 1_000, 5_000, 1e7))
        .map((ms): Step => ({ do: 'advance', ms })),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(-1, 0, 0, 1).map((plus): Step => ({ do: 'toOpenEnd', plus })),
    },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'trip' }, { do: 'isolate' }) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'reset' }, { do: 'handOver' }) },
    { weight: 1, arbitrary: fc.nat(3).map((which): Step => ({ do: 'release', which })) },
  ),
  { minLength: 5, maxLength: 80, size: 'max' },
);

const shareOf = fc.constantFrom(0.1, 0.25, 1 / 3, 0.5, 0.7, 1);

/** What the model needs to know, and that a timer says so when it is half-open, which changes nothing. */
type Given = ModelOptions & { readonly announceHalfOpen: boolean };

const options: fc.Arbitrary<Given> = fc
  .record({
    timed: fc.boolean(),
    size: fc.integer({ min: 1, max: 12 }),
    minimumCalls: fc.integer({ min: 1, max: 8 }),
    failureRate: fc.oneof(shareOf, fc.constant<false>(false)),
    slowCallRate: fc.option(shareOf, { nil: undefined }),
    slowCallDuration: fc.integer({ min: 1, max: 200 }),
    consecutiveFailures: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant<false>(false)),
    failingFor: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_500 })),
    openFor: fc.integer({ min: 1, max: 1_000 }),
    openForFactor: fc.constantFrom(2, 2, 1, 3.5),
    openForSpread: fc.constantFrom(0.2, 0.2, 0, 0.9),
    announceHalfOpen: fc.boolean(),
    factor: fc.oneof(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 20 })),
    probes: fc.integer({ min: 1, max: 5 }),
    probeSuccessRate: shareOf,
    probeTimeout: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constant(30_000)),
    rampFor: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 })),
  })
  .filter(
    ({ failureRate, slowCallRate, consecutiveFailures }) =>
      failureRate !== false || slowCallRate !== undefined || consecutiveFailures !== false,
  )
  .map(({ timed, size, factor, ...rest }) => ({
    ...rest,
    window: timed ? 1_000 : { calls: Math.max(size, rest.minimumCalls) },
    maxOpenFor: rest.openFor * factor,
  }));

/** Runs what is inside it again, at once, when it failed. */
const onceMore: Driver = {
  role: 'driver',
  type: 'once_more',
  accepts: (_call, { kind }) => kind !== 'failure',
  drive: (drive) => drive.next(),
};

/** A call whose first attempt fails, and whose second one ends when the test says so. */
function startRetried(calls: Pipeline<unknown>, message: string): Call {
  let attempts = 0;
  let ran = false;
  const inner = start({
    settle: (operation, options) =>
      calls.settle(() => {
        if (++attempts === 1) throw new Error(message);
        ran = true;
        return operation();
      }, options),
  });
  return Object.defineProperty(Object.create(inner) as Call, 'ran', { get: () => ran });
}

/** A breaker and a model of it that live through the same. */
class Pair {
  readonly #options: CircuitBreakerOptions;
  readonly #model: Model;
  readonly seen = { states: new Set<string>(), admissions: new Set<string>() };
  #clock = new VirtualClock();
  #breaker;
  #calls;
  #retrying;
  #openedFor: number | undefined;
  #openedBy: string | undefined;
  /** Failures are numbered, so that it can be told which of them opened the breaker. */
  #failures = 0;
  #inFlight: { readonly real: Call; readonly model: ModelCall }[] = [];
  #handles: { readonly real: Isolation; readonly holder: number }[] = [];
  #holders = 0;

  constructor(given: Given, random: () => number) {
    const { slowCallRate, slowCallDuration, failingFor, ...rest } = given;
    const slow = slowCallRate === undefined ? {} : { slowCallRate, slowCallDuration };
    const none = rest.failureRate === false && rest.consecutiveFailures === false;
    this.#options = { ...rest, ...slow, ...(none ? {} : { failingFor }), random };
    this.#model = new Model(given, {
      openedFor: () => this.#openedFor,
      openedBy: () => this.#openedBy,
    });
    [this.#breaker, this.#calls, this.#retrying] = this.#make(this.#options);
  }

  #make(options: CircuitBreakerOptions) {
    const breaker = circuitBreaker(options);
    const calls = pipeline({ name: 'calls', clock: this.#clock }, breaker);
    calls.on('transition', ({ openForMs, reason }) => {
      if (openForMs !== undefined) this.#openedBy = reason;
      this.#openedFor = openForMs ?? this.#openedFor;
    });
    const retrying = pipeline({ name: 'retrying', clock: this.#clock }, onceMore, breaker);
    return [breaker, calls, retrying] as const;
  }

  async do(step: Step): Promise<void> {
    const now = this.#clock.now();
    this.#openedFor = undefined;
    switch (step.do) {
      case 'start':
        await this.#start();
        break;
      case 'retried':
        await this.#startRetried();
        break;
      case 'recover':
        await this.#probe();
        for (let i = 0; i < this.#model.options.probes; i++) {
          if (await this.#start()) await this.#end(this.#inFlight.length - 1, 'success', 0);
        }
        break;
      case 'probe':
        await this.#probe();
        break;
      case 'end':
        await this.#end(step.which, step.how, step.asked);
        break;
      case 'burst':
        for (let i = 0; i < step.times; i++) {
          if (await this.#start()) await this.#end(this.#inFlight.length - 1, step.how, 0);
        }
        break;
      case 'advance':
        await this.#clock.advance(step.ms);
        break;
      case 'toOpenEnd':
        if (this.#model.state !== 'open') break;
        await this.#clock.advanceTo(Math.max(now, this.#model.openUntil + step.plus));
        break;
      case 'trip':
        this.#breaker.trip();
        this.#model.trip(now);
        break;
      case 'reset':
        this.#breaker.reset();
        this.#model.reset();
        break;
      case 'isolate':
        this.#handles.push({ real: this.#breaker.isolate(), holder: ++this.#holders });
        this.#model.isolate(this.#holders);
        break;
      case 'release': {
        const handle = this.#handles[step.which % this.#handles.length];
        handle?.real.release();
        if (handle !== undefined) this.#model.release(handle.holder);
        break;
      }
      case 'handOver':
        await this.#handOver();
        break;
    }
    this.#compare();
  }

  /** What takes many steps by chance: opened, and let half-open. */
  async #probe(): Promise<void> {
    this.#breaker.trip();
    this.#model.trip(this.#clock.now());
    if (this.#model.state !== 'open') return;
    this.#compare();
    await this.#clock.advanceTo(Math.max(this.#clock.now(), this.#model.openUntil));
  }

  async #start(): Promise<boolean> {
    const real = start(this.#calls);
    return this.#started(real, this.#model.start(this.#clock.now()));
  }

  async #startRetried(): Promise<void> {
    const message = `failure ${++this.#failures}`;
    const real = startRetried(this.#retrying, message);
    await this.#clock.flush();
    const now = this.#clock.now();
    let started = this.#model.start(now);
    if (started.admission === 'admit') {
      this.#model.end(now, started.call, 'failure', 0, message);
      started = this.#model.start(now, true);
    }
    await this.#started(real, started);
  }

  async #started(real: Call, { admission, call }: ReturnType<Model['start']>): Promise<boolean> {
    if (admission === 'admit') this.#inFlight.push({ real, model: call });
    else await real.settled;
    expect(real.ran).toBe(admission === 'admit');
    this.seen.admissions.add(typeof admission === 'string' ? admission : admission.is);
    if (admission !== 'admit') expect(real.error).toMatchObject(errorOf(admission));
    this.#compare();
    return admission === 'admit';
  }

  async #end(which: number, end: End, asked: number): Promise<void> {
    if (this.#inFlight.length === 0) return;
    const [ended] = this.#inFlight.splice(which % this.#inFlight.length, 1);
    if (ended === undefined) return;
    const { real, model } = ended;
    this.#openedFor = undefined;
    if (end === 'success') await real.succeed();
    else if (end === 'cancelled') await real.abort();
    else if (end === 'rejected') await real.fail(new RejectedError('elsewhere'));
    const message = `failure ${++this.#failures}`;
    if (end === 'failure')
      await real.fail(Object.assign(new Error(message), { retryAfter: asked }));
    this.#model.end(this.#clock.now(), model, end, asked, message);
    this.#compare();
  }

  async #handOver(): Promise<void> {
    // The order of calls in a count window is not part of a snapshot, so what it goes on to is not promised.
    if (typeof this.#model.options.window !== 'number') return;
    this.#compare();
    const snapshot = this.#breaker.snapshot();
    for (const { real } of this.#inFlight.splice(0)) await real.abort();
    const now = this.#clock.now();
    this.#clock = new VirtualClock({ start: now, wallStart: this.#clock.wallNow() });
    const initialState = JSON.parse(JSON.stringify(snapshot)) as typeof snapshot;
    [this.#breaker, this.#calls, this.#retrying] = this.#make({ ...this.#options, initialState });
    this.#handles = [];
    this.#model.handOver(now, snapshot.window);
    if (snapshot.openUntil !== undefined) {
      // The wall clock has fewer digits below the millisecond: handing over rounds.
      this.#model.openUntil = now + (snapshot.openUntil - this.#clock.wallNow());
    }
    if (snapshot.failingSince !== undefined) {
      this.#model.runSince = now + (snapshot.failingSince - this.#clock.wallNow());
    }
    if (snapshot.ramp !== undefined && this.#model.ramp !== undefined) {
      const left = snapshot.ramp.until - this.#clock.wallNow();
      const since = now + left - this.#model.options.rampFor;
      Object.assign(this.#model.ramp, { since, freeAt: since });
    }
  }

  #compare(): void {
    const now = this.#clock.now();
    const { state } = this.#breaker;
    this.#model.look(now);
    expect(state).toBe(this.#model.state);
    this.seen.states.add(state);
    const snapshot = this.#breaker.snapshot();
    const { openings, consecutiveFailures, window, openUntil, failingSince } = snapshot;
    expect(openings).toBe(this.#model.openings);
    expect(snapshot.cause?.message).toBe(this.#model.cause);
    this.#compareRamp(snapshot.ramp);
    // What an isolated breaker still shows of the time before plays no part in what it will do.
    if (state !== 'isolated') {
      expect(consecutiveFailures).toBe(this.#model.consecutive);
      expect(this.#model.windows(now)).toContainEqual(window);
      expect(failingSince !== undefined).toBe(consecutiveFailures > 0);
      const since = (failingSince ?? 0) - this.#clock.wallNow();
      if (consecutiveFailures > 0) expect(since).toBeCloseTo(this.#model.runSince - now, 3);
    }
    if (openUntil !== undefined) {
      expect(openUntil - this.#clock.wallNow()).toBeCloseTo(this.#model.openUntil - now, 3);
    }
  }

  #compareRamp(seen: CircuitBreakerSnapshot['ramp']): void {
    const { ramp, options } = this.#model;
    expect(seen !== undefined).toBe(ramp !== undefined);
    if (seen === undefined || ramp === undefined) return;
    this.seen.states.add('ramping');
    expect(seen).toMatchObject({ calls: ramp.calls, failures: ramp.failures });
    const left = ramp.since + options.rampFor - this.#clock.now();
    expect(seen.until - this.#clock.wallNow()).toBeCloseTo(left, 3);
  }
}

function errorOf(admission: Exclude<Admission, 'admit'>): object {
  if (admission === 'isolated') return { code: 'ERR_CIRCUIT_ISOLATED' };
  if (admission === 'probing') return { code: 'ERR_CIRCUIT_OPEN', retryAfter: undefined };
  const { retryAfter } = admission;
  return { code: 'ERR_CIRCUIT_OPEN', retryAfter: expect.closeTo(retryAfter, 3) as number };
}

describe('circuitBreaker and a model of it', () => {
  it('B1 to B10, B12, B13: agree on every call and every state, whatever happens', async () => {
    const states = new Set<string>();
    const admissions = new Set<string>();
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(options, steps, fc.infiniteStream(chance), async (given, all, chances) => {
        const pair = new Pair(given, () => chances.next().value as number);
        for (const step of all) await pair.do(step);
        for (const state of pair.seen.states) states.add(state);
        for (const admission of pair.seen.admissions) admissions.add(admission);
      }),
      { numRuns: 150 },
    );
    // Otherwise the runs would prove little.
    expect(states).toEqual(new Set(['closed', 'ramping', 'open', 'half_open', 'isolated']));
    expect(admissions).toEqual(new Set(['admit', 'open', 'probing', 'ramping', 'isolated']));
  }, 300_000);
});
