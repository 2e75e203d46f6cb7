import fc from 'fast-check';
import {
  adaptiveLimiter,
  bulkhead,
  circuitBreaker,
  ejection,
  hedge,
  type PipelineEvent,
  pipeline,
  rateLimiter,
  registry,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { numbers } from './support/numbers.js';

const FAILED = new Error('no');

interface Step {
  /** How long to wait first, in ms. */
  readonly gap: number;
  readonly calls: number;
  readonly fails: boolean;
  /** How long each call takes, in ms. */
  readonly takes: number;
  readonly looks: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    gap: fc.oneof(fc.nat(1_500), fc.constantFrom(0, 1, 999, 1_000, 10_000), fc.nat(40_000)),
    calls: fc.nat(12),
    fails: fc.boolean(),
    takes: fc.oneof(fc.constant(0), fc.nat(600)),
    looks: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
);

/** Runs the steps in a pipeline of every policy. Returns what its listeners and its callers heard, and what is left. */
async function run(taken: readonly Step[], looking: boolean): Promise<unknown> {
  const clock = new VirtualClock();
  const random = numbers();
  const all = registry();
  const of = pipeline(
    { name: 'calls', clock, registry: all, telemetry: false },
    throttle({ minimumCalls: 5, random }),
    rateLimiter({ limit: 20, per: '1s', maxWait: '200ms' }),
    retry({
      maxRetries: 2,
      initialDelay: 30,
      jitter: 'none',
      budget: { minPerSecond: 1, ratio: 0.3 },
    }),
    circuitBreaker({
      window: '10s',
      minimumCalls: 6,
      openFor: () => 2_000,
      announceHalfOpen: true,
      random,
    }),
    ejection({ window: '10s', random }),
    hedge({ delay: '100ms' }),
    adaptiveLimiter({ maxLimit: 12, initialLimit: 6 }),
    bulkhead({ maxConcurrent: 8, maxQueued: 4 }),
    timeout('400ms'),
  );
  const heard: unknown[] = [];
  of.on(({ callId: _, ...event }: PipelineEvent & { callId?: number | undefined }) =>
    heard.push(event),
  );
  const look = () => {
    of.snapshot();
    for (const i of of.seen.keys()) of.measureIn(i, clock.now());
    all.health();
  };
  for (const { gap, calls, fails, takes, looks } of taken) {
    await clock.advance(gap);
    if (looking && looks) look();
    const made = Array.from({ length: calls }, () =>
      of.settle(async () => {
        if (takes > 0) await new Promise<void>((over) => clock.setTimer(over, takes));
        if (fails) throw FAILED;
        return 1;
      }),
    );
    await clock.advance(takes);
    if (looking && looks) look();
    for (const each of made) void each.then((result) => heard.push(result));
  }
  await clock.advance('60s');
  return { heard, left: of.snapshot() };
}

/** When calls come again, the throttle's refusals are all older than its window. */
const OLD_REFUSALS: Step[] = [
  { gap: 0, calls: 1, fails: true, takes: 0, looks: false },
  { gap: 39_978, calls: 0, fails: false, takes: 0, looks: false },
  { gap: 40_000, calls: 0, fails: false, takes: 52, looks: false },
  { gap: 40_000, calls: 3, fails: false, takes: 0, looks: true },
  { gap: 0, calls: 6, fails: true, takes: 0, looks: false },
  { gap: 999, calls: 4, fails: false, takes: 0, looks: false },
  { gap: 0, calls: 2, fails: false, takes: 0, looks: false },
];

it('a look at a pipeline changes nothing that happens later', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      expect(await run(taken, true)).toEqual(await run(taken, false));
    }),
    { numRuns: 40, examples: [[OLD_REFUSALS]] },
  );
});
