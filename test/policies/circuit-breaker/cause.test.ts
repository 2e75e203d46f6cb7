import { describe, expect, it } from 'vitest';
import type { EventOf, Outcome } from '../../../src/index.js';
import { CircuitIsolatedError, CircuitOpenError } from '../../../src/index.js';
import { failure, success } from '../../../src/pipeline/outcome/outcome.js';
import { causeFrom, causeOf, recordOf } from '../../../src/policies/circuit-breaker/cause.js';
import { DOWN, harness } from './support.js';

const refusal = async ({ calls }: ReturnType<typeof harness>): Promise<CircuitOpenError> =>
  (await calls.execute(() => 1).catch((error: unknown) => error)) as CircuitOpenError;

const isBusy = (outcome: Outcome): boolean =>
  outcome.kind === 'success' && (outcome.value as { status: number }).status >= 500;

/** B13: whoever is refused can tell why. */
describe('circuitBreaker: cause', () => {
  it('B13: the transition, those who are refused and the snapshot tell what opened it', async () => {
    const made = harness();
    const { breaker, clock, events, fail } = made;
    const last = new RangeError('the last straw');
    await fail(4);
    await clock.advance('10s');
    await fail(1, last);
    const opened = events.find(
      (event): event is EventOf<'transition'> => event.type === 'transition',
    );
    expect(opened?.cause).toBe(last);
    await clock.advance('1s');
    const error = await refusal(made);
    expect(error.cause).toBe(last);
    expect(breaker.snapshot().cause).toEqual({
      name: 'RangeError',
      message: 'the last straw',
      at: clock.wallNow() - 1_000,
    });
  });

  it('B13: a refusal with a cause is a CircuitOpenError as any', async () => {
    for (const captureStack of [false, true]) {
      const made = harness();
      await made.fail(5);
      const error = await refusal(made);
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error.constructor).toBe(CircuitOpenError);
      expect([error.name, String(error)]).toEqual([
        'CircuitOpenError',
        'CircuitOpenError: calls: the circuit breaker is open',
      ]);
      expect(Object.keys(error)).not.toContain('cause');
      expect('cause' in error).toBe(true);
      Object.assign(error, { cause: 'another' });
      expect([error.cause, Object.keys(error).includes('cause')]).toEqual(['another', false]);
      expect(captureStack).toBeTypeOf('boolean');
    }
  });

  it('B13: while it probes, too; a probe that fails says it anew', async () => {
    const made = harness({ probes: 1 });
    await made.untilHalfOpen();
    const probe = made.start();
    expect((await refusal(made)).cause).toBe(DOWN);
    const again = new Error('still down');
    await probe.fail(again);
    expect((await refusal(made)).cause).toBe(again);
  });

  it('B13: a probe that hangs has nothing to tell, and what was known stands', async () => {
    const made = harness({ probes: 1 });
    await made.untilHalfOpen();
    const { at } = made.breaker.snapshot().cause ?? {};
    made.start();
    await made.clock.advance('5s');
    expect(made.breaker.state).toBe('open');
    expect((await refusal(made)).cause).toBe(DOWN);
    expect(made.breaker.snapshot().cause?.at).toBe(at);
  });

  it('B13: by hand there is no cause, and it is gone once it was closed', async () => {
    const made = harness({ probes: 1 });
    await made.untilHalfOpen();
    made.breaker.trip();
    expect((await refusal(made)).cause).toBeUndefined();
    expect('cause' in (await refusal(made))).toBe(false);
    await made.clock.advance('10s');
    await made.fail();
    made.breaker.isolate();
    const isolated = await refusal(made);
    expect(isolated).toBeInstanceOf(CircuitIsolatedError);
    expect(isolated.cause).toBeUndefined();
    made.breaker.reset();
    made.breaker.trip();
    expect(made.breaker.snapshot().cause).toBeUndefined();
  });

  it('B13: a slow call that opens it is no failure', async () => {
    const made = harness({ slowCallRate: 1, slowCallDuration: 10, minimumCalls: 1 });
    const slow = made.start();
    await made.clock.advance(11);
    await slow.succeed();
    expect(made.breaker.state).toBe('open');
    expect((await refusal(made)).cause).toBeUndefined();
  });

  it('B13: where a success tips it, the last failure in the window is told', async () => {
    const tipped = { minimumCalls: 4, consecutiveFailures: false } as const;
    const made = harness(tipped);
    const last = new RangeError('the last one');
    await made.fail(1);
    await made.fail(1, last);
    await made.succeed(2);
    const opened = made.events.find((event) => event.type === 'transition');
    expect(opened).toMatchObject({ to: 'open', reason: 'failure_rate', cause: last });
    expect((await refusal(made)).cause).toBe(last);
    expect(made.breaker.snapshot().cause).toMatchObject({ name: 'RangeError' });
    // A result is not kept for it.
    const results = harness({
      ...tipped,
      handle: (outcome) => outcome.kind === 'failure' || isBusy(outcome),
    });
    for (const status of [500, 503, 200, 200]) await results.calls.execute(() => ({ status }));
    expect((await refusal(results)).cause).toEqual(
      new Error('the result counts as a failure: 503'),
    );
    // What was let go with the closing is not told of a later opening.
    const anew = harness(tipped);
    await anew.fail(2);
    anew.breaker.reset();
    anew.breaker.trip();
    expect((await refusal(anew)).cause).toBeUndefined();
  });

  it('B13: a result that counts as a failure is told of, and not kept', async () => {
    const response = { status: 503, body: 'large' };
    const made = harness({ handle: (outcome) => outcome.kind === 'success' });
    for (let i = 0; i < 5; i++) await made.calls.execute(() => response);
    const { cause } = await refusal(made);
    expect(cause).toEqual(new Error('the result counts as a failure: 503'));
    expect(made.breaker.snapshot().cause?.message).toBe('the result counts as a failure: 503');
  });

  it('B10, B13: a restored breaker tells of it in the same words', async () => {
    const first = harness();
    await first.fail(5, new TypeError('fetch failed'));
    await first.clock.advance(100);
    const initialState = JSON.parse(JSON.stringify(first.breaker.snapshot())) as ReturnType<
      typeof first.breaker.snapshot
    >;
    const second = harness({ initialState });
    expect(second.breaker.snapshot()).toMatchObject({ cause: initialState.cause });
    const { cause } = await refusal(second);
    expect(cause).toBeInstanceOf(Error);
    expect(String(cause)).toBe('TypeError: fetch failed');
    expect((cause as Error).stack).toBe('TypeError: fetch failed');
  });
});

describe('causeOf, recordOf, causeFrom', () => {
  it('B13: errors are told of as they are', () => {
    expect(causeOf(failure(DOWN))).toBe(DOWN);
    expect(recordOf(new RangeError('x'))).toEqual({ name: 'RangeError', message: 'x' });
    expect(Object.keys(causeFrom({ name: 'A', message: 'b' }))).toEqual([]);
  });

  it('B13: results are told of by their status', () => {
    const said = (value: unknown) => (causeOf(success(value)) as Error).message;
    expect(said({ status: 500 })).toBe('the result counts as a failure: 500');
    expect(said({ statusCode: 429 })).toBe('the result counts as a failure: 429');
    expect(said({ status: 'failed' })).toBe('the result counts as a failure');
    expect(said(null)).toBe('the result counts as a failure');
  });

  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('not to be read');
      },
      getPrototypeOf: () => {
        throw new Error('nor to be asked');
      },
    },
  );

  it.each([
    ['a text', 'down', { name: 'Error', message: '"down"' }],
    ['nothing', undefined, { name: 'Error', message: 'undefined' }],
    ['an object', { message: 5, name: 6 }, { name: 'Error', message: 'an object' }],
    ['what cannot be read', hostile, { name: 'Error', message: 'an object' }],
  ])('B13: %s that was thrown is described', (_what, thrown, record) => {
    expect(recordOf(thrown)).toEqual(record);
  });
});
