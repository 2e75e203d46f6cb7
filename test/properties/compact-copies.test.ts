import fc from 'fast-check';
import { bulkhead, circuitBreaker, keyed, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import type { Pipeline } from '../../src/pipeline/pipeline.js';

const FAILED = new Error('no');

type Step =
  | { readonly act: 'succeed' | 'fail' | 'look'; readonly times: number }
  | { readonly act: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant('succeed' as const),
        times: fc.integer({ min: 1, max: 30 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('fail' as const),
        times: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ act: 'look' as const, times: 1 }) },
    {
      weight: 4,
      arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.nat(8_000) }),
    },
  ),
  { maxLength: 40, size: 'max' },
);

/** What can be seen of a pipeline: what it says of itself, to users and to telemetry. */
function seen(of: Pipeline<unknown>, clock: VirtualClock): unknown {
  const { policies, inFlight } = of.snapshot();
  const measures = of.seen.map((_, i) => of.measureIn(i, clock.now()));
  return { policies, inFlight, measures };
}

async function run(taken: readonly Step[], of: Pipeline<unknown>, clock: VirtualClock) {
  const told: unknown[] = [];
  for (const step of taken) {
    if (step.act === 'wait') {
      await clock.advance(step.ms);
      continue;
    }
    for (let i = 0; step.act !== 'look' && i < step.times; i++) {
      const call = of.settle(() =>
        step.act === 'succeed' ? Promise.resolve(i) : Promise.reject(FAILED),
      );
      await clock.advance(0);
      await clock.advance('1s');
      told.push(await call);
    }
    told.push(seen(of, clock));
  }
  return told;
}

describe.each([
  ['a window of time', { window: '30s' as const, minimumCalls: 10, failureRate: 0.3 }],
  ['a window of calls', { window: { calls: 20 }, minimumCalls: 10, failureRate: 0.3 }],
])('copies of a keyed pipeline that have no policies of their own yet, %s', (_, breaker) => {
  it('do as pipelines that are no copies', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const results = [];
        for (const isCopy of [false, true]) {
          const clock = new VirtualClock();
          const made = pipeline(
            { name: 'calls', clock, telemetry: false },
            retry({ maxRetries: 1, initialDelay: 10, maxDelay: 10, jitter: 'none' }),
            circuitBreaker({ ...breaker, openFor: () => 2_000 }),
            timeout('10s'),
          );
          const of = isCopy ? keyed(made, { idleFor: '10h' }).get('key') : made;
          results.push(await run(taken, of as Pipeline<unknown>, clock));
        }
        const [plain, copy] = results as [unknown[], unknown[]];
        expect(withoutKey(copy)).toEqual(withoutKey(plain));
      }),
      { numRuns: 60 },
    );
  }, 180_000);
});

/** Errors of a copy name the key, too. */
function withoutKey(told: readonly unknown[]): unknown {
  return JSON.parse(
    JSON.stringify(told, (name, value: unknown) => (name === 'key' ? undefined : value)).replaceAll(
      ' [key]',
      '',
    ),
  );
}

describe('a copy without policies of its own', () => {
  it('gets them with its first call that is refused, waits or fails, and keeps what is in flight', async () => {
    const clock = new VirtualClock();
    const byKey = keyed(
      pipeline(
        { name: 'calls', clock },
        retry(),
        circuitBreaker({ consecutiveFailures: 2 }),
        timeout('1s'),
      ),
    );
    const copy = byKey.get('a');
    let answer = (_: number): void => {};
    const early = copy.execute(
      () =>
        new Promise<number>((resolve) => {
          answer = resolve;
        }),
    );
    expect(await copy.execute(() => Promise.resolve(1))).toBe(1);
    expect(copy.kept).toBeDefined();
    const failing = copy.settle(() => Promise.reject(FAILED));
    await clock.advance(0);
    expect(copy.kept).toBe(undefined);
    answer(7);
    expect(await early).toBe(7);
    await clock.advance('900ms');
    expect(await failing).toMatchObject({ status: 'rejected' });
    expect(copy.inFlight).toBe(0);
  });

  it('its bulkhead and its timeout hold all the same', async () => {
    const clock = new VirtualClock();
    const byKey = keyed(
      pipeline({ name: 'calls', clock }, timeout('1s'), bulkhead({ maxConcurrent: 1 })),
    );
    const hanging = byKey.settle('a', () => new Promise(() => {}));
    expect(await byKey.settle('a', () => 1)).toMatchObject({
      reason: { code: 'ERR_BULKHEAD_FULL' },
    });
    expect(await byKey.settle('b', () => 1)).toMatchObject({ status: 'fulfilled' });
    await clock.advance('1s');
    expect(await hanging).toMatchObject({ reason: { code: 'ERR_TIMEOUT' } });
  });
});
