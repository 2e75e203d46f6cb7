import {
  adaptiveLimiter,
  bulkhead,
  type Call,
  ContractError,
  circuitBreaker,
  type Gate,
  handleAll,
  handleType,
  handleWhen,
  handleWhenResult,
  type IsFailure,
  keyed,
  type Outcome,
  type PipelineEvent,
  type PipelineLayer,
  pipeline,
  RejectedError,
  retry,
  standard,
  throttle,
  timeout,
  type Verdict,
} from 'holdfast';
import { isFetchFailure } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { byHand, rejectionOf } from '../policies/support/rig.js';

const delays = { initialDelay: 0, maxDelay: 0 } as const;
const BREAKER = {
  minimumCalls: 4,
  failureRate: 0.5,
  failingFor: 0,
  consecutiveFailures: false,
} as const;

/** The operation says itself what is to be said of it. */
class Said extends Error {
  readonly verdict: unknown;

  constructor(verdict: unknown) {
    super(String(verdict));
    this.verdict = verdict;
  }
}

const saying = (outcome: Outcome): Verdict => {
  const said =
    outcome.kind === 'success' ? outcome.value : outcome.kind === 'failure' && outcome.error;
  return (said as Said).verdict as Verdict;
};

const throws = (verdict: unknown) => (): never => {
  throw new Said(verdict);
};
const returns = (verdict: unknown) => () => ({ verdict });

function setUp(isFailure: IsFailure, ...policies: PipelineLayer[]) {
  const clock = new VirtualClock();
  const events: PipelineEvent[] = [];
  const calls = pipeline({ name: 'calls', clock, isFailure }, ...policies);
  calls.on((event) => events.push(event));
  const told = (type: 'call' | 'attempt') =>
    events.flatMap((event) => (event.type === type ? [event.outcome] : []));
  return { clock, calls, events, told };
}

const ways = [
  ['an error', throws],
  ['a result', returns],
] as const;

describe.each(ways)('G15: %s of an operation', (_what, ends) => {
  it.each([
    [true, 'failure', 4],
    [false, 'success', 1],
    ['ignore', 'ignored', 1],
  ] as const)(
    'G15: of which isFailure says %s is told as %s, after %d attempts',
    async (verdict, outcome, attempts) => {
      const { calls, told, clock } = setUp(saying, retry(delays));
      const call = calls.settle(ends(verdict));
      await clock.advance('1m');
      await call;
      expect(told('call')).toEqual([outcome]);
      expect(told('attempt')).toEqual(new Array(attempts).fill(outcome));
    },
  );

  it('G15: counts in a circuit breaker as it is told, or not at all', async () => {
    const breaker = circuitBreaker(BREAKER);
    const { calls } = setUp(saying, breaker);
    for (let i = 0; i < 50; i++) await calls.settle(ends('ignore'));
    expect(breaker.snapshot().window).toMatchObject({ calls: 0, failures: 0 });
    for (const verdict of [false, false, true]) await calls.settle(ends(verdict));
    expect(breaker.snapshot().window).toMatchObject({ calls: 3, failures: 1 });
    await calls.settle(ends(true));
    expect(breaker.state).toBe('open');
  });

  it('G15: neither ends a run of failures nor makes it longer, when it is ignored', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 3, minimumCalls: 100, failingFor: 0 });
    const { calls } = setUp(saying, breaker);
    for (const verdict of [true, 'ignore', true, 'ignore', 'ignore'])
      await calls.settle(ends(verdict));
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', consecutiveFailures: 2 });
    await calls.settle(ends(true));
    expect(breaker.state).toBe('open');
  });

  it('G15, B6: frees the place of a probe when it is ignored: that neither closes nor opens', async () => {
    const breaker = circuitBreaker({ ...BREAKER, probes: 1, openFor: '1s', rampFor: 0 });
    const { calls, clock } = setUp(saying, breaker);
    breaker.trip();
    await clock.advance('2s');
    for (let i = 0; i < 9; i++) {
      await calls.settle(ends('ignore'));
      expect(breaker.state).toBe('half_open');
    }
    await calls.settle(ends(false));
    expect(breaker.state).toBe('closed');
    breaker.trip();
    await clock.advance('10s');
    await calls.settle(ends('ignore'));
    await calls.settle(ends(true));
    expect(breaker.state).toBe('open');
  });

  it('G15: is no relapse of a closing breaker when it is ignored', async () => {
    const breaker = circuitBreaker({ ...BREAKER, probes: 1, openFor: '1s', rampFor: '1m' });
    const { calls, clock } = setUp(saying, breaker);
    breaker.trip();
    await clock.advance('2s');
    await calls.settle(ends(false));
    for (let i = 0; i < 5; i++) await calls.settle(ends('ignore'));
    expect(breaker.state).toBe('closed');
    for (let i = 0; i < 5; i++) {
      await clock.advance('1s');
      await calls.settle(ends(true));
    }
    expect(breaker.state).toBe('open');
  });

  it('G15, L3: is taken back by a throttle when it is ignored: neither request nor accept', async () => {
    const brake = throttle({ minimumCalls: 1 });
    const { calls } = setUp(saying, brake);
    for (const verdict of ['ignore', 'ignore', false, true]) await calls.settle(ends(verdict));
    expect(brake.snapshot()).toMatchObject({ requests: 2, accepts: 1, inFlight: 0 });
  });

  it('G15: says nothing of latency to an adaptive limiter when it is ignored', async () => {
    for (const [verdict, isSample] of [
      [false, true],
      [true, false],
      ['ignore', false],
    ] as const) {
      const limiter = adaptiveLimiter({ algorithm: 'gradient', initialLimit: 5 });
      const { calls, clock } = setUp(saying, limiter);
      const { unloadedMs: before } = limiter.snapshot();
      for (let i = 0; i < 200; i++) {
        const call = calls.settle(async () => {
          await new Promise<void>((wake) => clock.setTimer(wake, 10));
          return ends(verdict)();
        });
        await clock.advance(10);
        await call;
      }
      const { unloadedMs, inFlight } = limiter.snapshot();
      expect([verdict, before, unloadedMs !== undefined, inFlight]).toEqual([
        verdict,
        undefined,
        isSample,
        0,
      ]);
    }
  });

  it('G15, L2: nor is it useless to the brake, however late it came', async () => {
    for (const [verdict, cuts] of [
      ['ignore', false],
      [true, true],
    ] as const) {
      const limiter = adaptiveLimiter({ maxLimit: 40 });
      const { calls, clock } = setUp(saying, limiter);
      for (let i = 0; i < 30; i++) {
        const operation = byHand(clock);
        const call = calls.settle(operation, { timeout: 100 });
        await clock.advance(90);
        const [started] = operation.started;
        try {
          started?.resolve(ends(verdict)());
        } catch (error) {
          started?.reject(error);
        }
        await call;
      }
      expect([verdict, limiter.snapshot().limit < 40]).toEqual([verdict, cuts]);
    }
  });

  it('G15: is asked about once, whatever the number of policies', async () => {
    const isFailure = vi.fn(saying);
    const policies = [retry(delays), throttle(), circuitBreaker(), adaptiveLimiter(), bulkhead()];
    const { calls, clock } = setUp(isFailure, ...policies);
    await calls.settle(ends(false));
    expect(isFailure).toHaveBeenCalledTimes(1);
    const call = calls.settle(ends(true));
    await clock.advance('1m');
    await call;
    expect(isFailure).toHaveBeenCalledTimes(5);
  });

  it('G15: goes before by a handle of the policy’s own; all others follow isFailure', async () => {
    const own = circuitBreaker({ ...BREAKER, name: 'own', handle: () => false });
    const follows = circuitBreaker({ ...BREAKER, name: 'follows' });
    const { calls, told } = setUp(saying, own, follows);
    for (let i = 0; i < 3; i++) await calls.settle(ends(true));
    expect(own.snapshot().window).toMatchObject({ calls: 3, failures: 0 });
    expect(follows.snapshot().window).toMatchObject({ calls: 3, failures: 3 });
    expect(told('call')).toEqual(['failure', 'failure', 'failure']);
  });

  it('G15: a handle, too, may say "ignore"', async () => {
    const breaker = circuitBreaker({ ...BREAKER, handle: saying });
    const brake = throttle({ handle: saying });
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'handles', clock },
      retry({ ...delays, handle: saying }),
      brake,
      breaker,
    );
    const seen: number[] = [];
    calls.on('call', ({ attempts }) => seen.push(attempts));
    for (const verdict of ['ignore', false, 'ignore']) await calls.settle(ends(verdict));
    expect(breaker.snapshot().window).toMatchObject({ calls: 1, failures: 0 });
    expect(brake.snapshot()).toMatchObject({ requests: 1, accepts: 1 });
    expect(seen).toEqual([1, 1, 1]);
  });

  it.each([undefined, null, 0, 1, '', 'yes', 'ignored', {}, Promise.resolve(true)])(
    'G15, G4: %o is no answer: the call ends with a ContractError',
    async (answer) => {
      const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 1 });
      const slots = bulkhead();
      const { calls, told } = setUp(saying, retry(delays), breaker, slots);
      const error = await rejectionOf(calls.execute(ends(answer)));
      expect(error).toBeInstanceOf(ContractError);
      expect(String(error)).toContain("it must return true, false or 'ignore'");
      expect(told('call')).toEqual(['failure']);
      expect(told('attempt')).toEqual(['failure']);
      expect(breaker.snapshot().window).toMatchObject({ calls: 0 });
      expect(slots.snapshot()).toMatchObject({ inFlight: 0 });
    },
  );

  it('G15, G4: what isFailure throws ends the call, is not tried again, and counts for no policy', async () => {
    const bug = new Error('bug');
    const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 1 });
    const slots = bulkhead();
    const isFailure = vi.fn(() => {
      throw bug;
    });
    const discard = vi.fn();
    const calls = pipeline(
      { name: 'calls', isFailure, discard },
      retry(delays),
      throttle(),
      breaker,
      adaptiveLimiter(),
      slots,
    );
    const told: unknown[] = [];
    calls.on('call', ({ outcome, attempts }) => told.push([outcome, attempts]));
    expect(await rejectionOf(calls.execute(ends(true)))).toBe(bug);
    expect(isFailure).toHaveBeenCalledTimes(1);
    expect(told).toEqual([['failure', 1]]);
    expect(breaker.snapshot()).toMatchObject({ state: 'closed', window: { calls: 0 } });
    expect(slots.snapshot()).toMatchObject({ inFlight: 0 });
    expect(discard).toHaveBeenCalledTimes(ends === returns ? 1 : 0);
  });
});

describe('G15: isFailure', () => {
  class NotFound extends Error {}
  class Down extends Error {}
  const fail = (error: unknown) => (): never => {
    throw error;
  };

  it.each([
    ['handleType', handleType(Down), 'ignored'],
    ['handleWhen', handleWhen((error) => error instanceof Down), 'ignored'],
    ['handleAll', handleAll, 'failure'],
  ] as const)(
    'G15: takes %s of cockatiel, and ignores the errors it does not name',
    async (_name, filter, other) => {
      const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 100 });
      const { calls, told } = setUp(filter, breaker);
      await calls.settle(fail(new Down()));
      await calls.settle(fail(new NotFound()));
      await calls.settle(() => 'fine');
      expect(told('call')).toEqual(['failure', other, 'success']);
      expect(breaker.snapshot().window.calls).toBe(other === 'ignored' ? 2 : 3);
    },
  );

  it('G15, G4: an asynchronous one is refused, and what it rejects with is nobody’s', async () => {
    const isFailure = (async () => {
      throw new Error('too late');
    }) as unknown as IsFailure;
    const { calls } = setUp(isFailure, retry(delays));
    expect(await rejectionOf(calls.execute(() => 1))).toMatchObject({
      name: 'ContractError',
      message: expect.stringContaining('isFailure returned a promise') as string,
    });
  });

  it('G15: takes filters of results, too', async () => {
    const { calls, told } = setUp(handleWhenResult((result) => result === 'bad'));
    await calls.settle(() => 'bad');
    await calls.settle(() => 'good');
    expect(told('call')).toEqual(['failure', 'success']);
  });

  it.each([true, 'ignore', {}, Error, NotFound, /x/, null])('G15: %o is refused', (isFailure) => {
    const make = () => pipeline({ name: 'x', isFailure: isFailure as unknown as IsFailure });
    expect(make).toThrow(/pipeline\.isFailure: must be a function of the outcome, or a filter/);
    expect(() => standard({ isFailure: isFailure as unknown as IsFailure })).toThrow(
      /standard\.isFailure: must be a function of the outcome, or a filter/,
    );
  });

  it('G15: is not asked about timeouts, refusals and aborts, which are what they are', async () => {
    const isFailure = vi.fn((): Verdict => false);
    const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 100 });
    const { calls, clock, told } = setUp(
      isFailure,
      breaker,
      timeout('1s'),
      bulkhead({ maxConcurrent: 2 }),
    );
    const caller = new AbortController();
    const hangs = rejectionOf(calls.execute(byHand(clock)));
    const aborted = rejectionOf(calls.execute(byHand(clock), { signal: caller.signal }));
    const refused = rejectionOf(calls.execute(() => 1));
    const nested = new RejectedError('of another pipeline', { reason: 'other' });
    caller.abort();
    await clock.advance('1s');
    await Promise.all([hangs, aborted, refused]);
    expect(told('call')).toEqual(['rejected', 'cancelled', 'timeout']);
    expect(breaker.snapshot().window).toMatchObject({ calls: 1, failures: 1 });
    expect(isFailure).not.toHaveBeenCalled();
    expect(nested).toBeInstanceOf(RejectedError);
  });

  it('G15: stays with a policy that several pipelines share: each call follows its own pipeline', async () => {
    const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 100, window: '1h' });
    const shared = retry(delays);
    const clock = new VirtualClock();
    const make = (isFailure?: IsFailure) =>
      pipeline({ name: 'one', clock, isFailure }, shared, breaker);
    const plain = make();
    const lenient = make(() => 'ignore');
    const strict = make(() => true);
    const counts = async (call: Promise<unknown>) => {
      await clock.advance('1m');
      await call;
      return breaker.snapshot().window;
    };
    expect(await counts(plain.settle(() => 1))).toMatchObject({ calls: 1, failures: 0 });
    expect(await counts(lenient.settle(fail(new Down())))).toMatchObject({ calls: 1, failures: 0 });
    expect(await counts(strict.settle(() => 1))).toMatchObject({ calls: 5, failures: 4 });
    expect(await counts(plain.settle(fail(new Down())))).toMatchObject({ calls: 9, failures: 8 });
    expect(await counts(plain.settle(() => 1))).toMatchObject({ calls: 10, failures: 8 });
  });

  it('G15: of a nested pipeline holds for its policies, and for the outer one where that has none', async () => {
    for (const [outerRule, told, inner, outer] of [
      [undefined, 'ignored', 0, 0],
      [() => true, 'failure', 0, 1],
    ] as const) {
      const [insideOf, outsideOf] = [circuitBreaker(), circuitBreaker()];
      const clock = new VirtualClock();
      const nested = pipeline({ name: 'nested', clock, isFailure: () => 'ignore' }, insideOf);
      const calls = pipeline({ name: 'outer', clock, isFailure: outerRule }, outsideOf, nested);
      const ends: unknown[] = [];
      calls.on('call', ({ outcome }) => ends.push(outcome));
      await calls.settle(fail(new Down()));
      expect(ends).toEqual([told]);
      expect([insideOf, outsideOf].map((each) => each.snapshot().window.calls)).toEqual([
        inner,
        outer,
      ]);
    }
  });

  it('G15: holds for the copies of a keyed pipeline, and is asked once there, too', async () => {
    const isFailure = vi.fn((): Verdict => 'ignore');
    const copies = keyed(pipeline({ name: 'copies', isFailure }, retry(delays), circuitBreaker()));
    const ends: unknown[] = [];
    copies.on('call', ({ outcome }) => ends.push(outcome));
    await copies.settle('a', fail(new Down()));
    await copies.settle('b', fail(new Down()));
    expect(ends).toEqual(['ignored', 'ignored']);
    expect(isFailure).toHaveBeenCalledTimes(2);
    expect(Object.values(copies.snapshot())).toMatchObject([
      { policies: { circuit_breaker: { window: { calls: 0 } } } },
      { policies: { circuit_breaker: { window: { calls: 0 } } } },
    ]);
  });

  it('G15: a standard() with one of its own goes by that, whatever the pipeline says', async () => {
    const clock = new VirtualClock();
    const list = standard({ isFailure: () => 'ignore', retry: delays });
    const calls = pipeline({ name: 'calls', clock, isFailure: () => true }, ...list);
    const ends: unknown[] = [];
    calls.on('call', ({ outcome, attempts }) => ends.push([outcome, attempts]));
    await calls.settle(fail(new Down()));
    expect(ends).toEqual([['failure', 1]]);
  });

  it('G15: tells with errorTypeOf what kind of failure a result is', async () => {
    const words: unknown[] = [];
    const noted = (options: object) => {
      const calls = pipeline({ name: 'words', isFailure: () => true, ...options });
      return calls
        .settle(() => ({ status: 503 }))
        .then(() => {
          words.push(calls.tally.calls.map(({ outcome, errorType }) => [outcome, errorType]));
        });
    };
    await noted({});
    await noted({ errorTypeOf: () => 'odd' });
    await noted({ statusOf: () => 503 });
    await noted({ isFailure: () => false, errorTypeOf: () => 'odd' });
    await noted({ isFailure: () => 'ignore', errorTypeOf: () => 'odd' });
    expect(words).toEqual([
      [['failure', 'failed_result']],
      [['failure', 'odd']],
      [['failure', '503']],
      [['success', undefined]],
      [['ignored', undefined]],
    ]);
  });

  it('G15: may be isFetchFailure, which knows of failures that say nothing of the upstream', async () => {
    const breaker = circuitBreaker({ ...BREAKER, minimumCalls: 100, consecutiveFailures: 5 });
    const { calls, told } = setUp(isFetchFailure, breaker);
    const tls = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' });
    await calls.settle(fail(tls));
    for (const status of [200, 404, 407, 429, 503]) await calls.settle(() => ({ status }));
    expect(told('call')).toEqual([
      'failure',
      'success',
      'success',
      'ignored',
      'failure',
      'failure',
    ]);
    expect(breaker.snapshot()).toMatchObject({
      window: { calls: 4, failures: 2 },
      consecutiveFailures: 1,
    });
  });

  it('G15: a policy of one’s own asks the call', async () => {
    const seen: unknown[] = [];
    const gate: Gate = {
      role: 'gate',
      type: 'own',
      enter: () => undefined,
      exit: (call: Call, outcome: Outcome) => seen.push(call.isFailure(outcome)),
    };
    await pipeline({ name: 'said', isFailure: () => 'ignore' }, gate).settle(() => 1);
    await pipeline({ name: 'unsaid' }, gate).settle(() => 1);
    expect(seen).toEqual(['ignore', undefined]);
  });

  it('G15: is told of the result that a driver made of it, and may end the call even then', async () => {
    const made = {
      role: 'driver',
      type: 'made',
      drive: () => ({ kind: 'success', value: 2 }),
    } as const;
    const { calls, told } = setUp((outcome) => {
      if (outcome.kind === 'success' && outcome.value === 2) throw new Down();
      return true;
    }, made as PipelineLayer);
    expect(await rejectionOf(calls.execute(() => 1))).toBeInstanceOf(Down);
    expect(told('call')).toEqual(['failure']);
  });

  it('G15, G3: may abort the call it is asked about, or make others', async () => {
    const caller = new AbortController();
    const slots = bulkhead({ maxConcurrent: 1 });
    const calls = pipeline(
      {
        name: 'calls',
        isFailure: () => {
          caller.abort(new Error('enough'));
          return true;
        },
      },
      retry(delays),
      slots,
    );
    expect(await rejectionOf(calls.execute(() => 1, { signal: caller.signal }))).toMatchObject({
      message: 'enough',
    });
    expect(slots.snapshot()).toMatchObject({ inFlight: 0 });
    expect(calls.inFlight).toBe(0);
  });
});
