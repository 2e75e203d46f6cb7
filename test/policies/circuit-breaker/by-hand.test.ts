import { describe, expect, it } from 'vitest';
import {
  CircuitIsolatedError,
  CircuitOpenError,
  circuitBreaker,
  pipeline,
} from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { harness, PLAIN, PLAIN_RULES, start } from './support.js';

type Made = ReturnType<typeof harness>;

/** Every state, with one call in flight that the closed breaker had let in, and one probe where there is one. */
const STATES: Record<string, (made: Made) => Promise<unknown>> = {
  closed: async () => {},
  open: (made) => made.fail(5),
  half_open: (made) => made.untilHalfOpen(),
  isolated: async (made) => made.breaker.isolate(),
};

async function inState(state: string) {
  const made = harness();
  const stale = made.start();
  await STATES[state]?.(made);
  const probe = state === 'half_open' ? made.start() : undefined;
  expect(made.breaker.state).toBe(state);
  return { ...made, stale, probe };
}

/** B9: control by hand. */
describe('circuitBreaker: by hand', () => {
  it('B9: isolation refuses all calls until the last handle is released', async () => {
    const { breaker, calls, clock, events } = harness();
    const [one, two] = [breaker.isolate(), breaker.isolate()];
    await clock.advance('100h');
    const error: unknown = await calls.execute(() => 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitIsolatedError);
    expect(error).toMatchObject({
      code: 'ERR_CIRCUIT_ISOLATED',
      reason: 'circuit_isolated',
      retryAfter: undefined,
      policy: 'circuit_breaker',
    });
    expect(events.filter(({ type }) => type === 'rejection')).toMatchObject([
      { reason: 'circuit_isolated', enforced: true },
    ]);
    one.release();
    one.release();
    expect(breaker.state).toBe('isolated');
    two.release();
    expect(breaker.state).toBe('closed');
    await expect(calls.execute(() => 1)).resolves.toBe(1);
  });

  it('B9: a handle works with `using`', () => {
    const { breaker } = harness();
    {
      using _held = breaker.isolate();
      expect(breaker.state).toBe('isolated');
    }
    expect(breaker.state).toBe('closed');
  });

  it('B9: a handle released twice does not release the next isolation', () => {
    const { breaker } = harness();
    const old = breaker.isolate();
    old.release();
    breaker.isolate();
    old.release();
    old[Symbol.dispose]();
    expect(breaker.state).toBe('isolated');
  });

  it('B9: a handle from before a reset is worth nothing', () => {
    const { breaker } = harness();
    const old = breaker.isolate();
    breaker.reset();
    expect(breaker.state).toBe('closed');
    const now = breaker.isolate();
    old.release();
    expect(breaker.state).toBe('isolated');
    now.release();
    breaker.trip();
    now.release();
    expect(breaker.state).toBe('open');
  });

  it('B9: reset voids handles: they hold nothing any more, and release nothing', () => {
    const { breaker } = harness();
    const old = breaker.isolate();
    breaker.reset();
    breaker.isolate().release();
    expect(breaker.state).toBe('closed');
    breaker.trip();
    old.release();
    expect(breaker.state).toBe('open');
  });

  it('B9: isolated by hand before it joins a pipeline, it stays so whatever its initial state', () => {
    const { breaker: before } = harness();
    before.trip();
    const breaker = circuitBreaker({ initialState: before.snapshot() });
    const handle = breaker.isolate();
    pipeline({ name: 'calls', clock: new VirtualClock() }, breaker);
    expect(breaker.state).toBe('isolated');
    handle.release();
    expect(breaker.state).toBe('closed');
  });

  it('B9: trip opens it for as long as its rules would', async () => {
    const { breaker, calls, clock, transitions, succeed } = harness();
    breaker.trip();
    await clock.advance('1s');
    const error: unknown = await calls.execute(() => 1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ retryAfter: 4_000 });
    await clock.advance('4s');
    await succeed(3);
    expect(breaker.state).toBe('closed');
    expect(transitions()[0]).toBe('closed > open: tripped');
  });

  it('B9: a breaker not yet in a pipeline can be controlled', () => {
    const breaker = circuitBreaker();
    breaker.trip();
    expect(breaker.state).toBe('open');
    const handle = breaker.isolate();
    expect(breaker.state).toBe('isolated');
    handle.release();
    expect(breaker.state).toBe('closed');
    breaker.reset();
    expect(breaker.snapshot()).toMatchObject({ state: 'closed' });
    const held = circuitBreaker().isolate();
    expect(() => held.release()).not.toThrow();
  });

  const AFTER = { trip: 'open', reset: 'closed', isolate: 'isolated' } as const;
  for (const state of Object.keys(STATES)) {
    for (const [control, after] of Object.entries(AFTER)) {
      const expected = state === 'isolated' && control === 'trip' ? 'isolated' : after;
      it(`B9: ${control}() while ${state}: then ${expected}, and calls in flight change nothing`, async () => {
        const { breaker, fail, probe, stale, start: begin, succeed } = await inState(state);
        breaker[control as keyof typeof AFTER]();
        expect(breaker.state).toBe(expected);
        const { at: _, ...before } = breaker.snapshot();
        await probe?.fail();
        await stale.fail();
        expect(breaker.snapshot()).toMatchObject(before);
        if (expected === 'closed') {
          const [a, b] = [begin(), begin()];
          await a.succeed();
          await b.fail();
          expect(breaker.snapshot()).toMatchObject({
            window: { calls: 2, failures: 1 },
            openings: 0,
          });
        } else {
          await succeed();
          await fail();
          expect(breaker.snapshot()).toMatchObject(before);
        }
      });
    }
  }

  it('B9: reset of a closed breaker forgets what it counted', async () => {
    const { breaker, fail, transitions } = harness();
    await fail(4);
    breaker.reset();
    await fail(4);
    expect(breaker.state).toBe('closed');
    expect(transitions()).toEqual([]);
    await fail();
    expect(breaker.state).toBe('open');
  });

  it('B9: one breaker in two pipelines is one breaker', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ ...PLAIN, ...PLAIN_RULES });
    const [read, write] = ['read', 'write'].map((name) => pipeline({ name, clock }, breaker));
    for (let i = 0; i < 5; i++) {
      const calls = i % 2 === 0 ? read : write;
      await calls?.settle(() => Promise.reject(new Error('down')));
    }
    await expect(read?.execute(() => 1)).rejects.toMatchObject({ pipeline: 'read' });
    await expect(write?.execute(() => 1)).rejects.toMatchObject({ pipeline: 'write' });
    await clock.advance('6s');
    const probes = [read, write, read].flatMap((calls) => (calls ? [start(calls)] : []));
    const refused = start(write as NonNullable<typeof write>);
    await refused.settled;
    expect([...probes.map((probe) => probe.ran), refused.ran]).toEqual([true, true, true, false]);
    for (const probe of probes) await probe.succeed();
    expect(breaker.state).toBe('closed');
  });
});
