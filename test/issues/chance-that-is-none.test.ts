import { DiagLogLevel, diag } from '@opentelemetry/api';
import { circuitBreaker, retry } from 'holdfast';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';

/**
 * A `random` that throws or answers nonsense took the place of the call's own error, and a breaker with one never opened.
 * Chance only spreads delays.
 */

const reported = vi.fn<(...said: unknown[]) => void>();

beforeEach(() => {
  const silent = () => {};
  const logger = { error: reported, warn: silent, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
});

afterEach(() => {
  diag.disable();
  reported.mockClear();
});

const answers = [Number.NaN, -0.1, 1, '0.5', undefined, Object.create(null)].map(
  (answer) => () => answer as number,
);
const sources = [
  ...answers,
  () => {
    throw new Error('no chance');
  },
];
const down = new Error('down');

it.each(sources)('R3: a random such as %o leaves a retry its delays', async (random) => {
  const { clock, pipeline, of } = rig(retry({ maxRetries: 1, random }));
  const error = await rejectionOf(clock.runUntil(pipeline.execute(() => Promise.reject(down))));
  expect(error).toBe(down);
  expect(clock.now()).toBeLessThan(100);
  expect(of('retry')).toHaveLength(1);
  expect(reported).toHaveBeenCalledTimes(1);
  expect(reported.mock.calls[0]?.[0]).toContain('retry.random');
});

it.each(sources)('B5: and a breaker its opening', async (random) => {
  const breaker = circuitBreaker({ consecutiveFailures: 1, random });
  const { clock, pipeline } = rig(breaker);
  expect(await rejectionOf(pipeline.execute(() => Promise.reject(down)))).toBe(down);
  const openFor = (breaker.snapshot().openUntil ?? 0) - clock.wallNow();
  expect(openFor).toBeGreaterThanOrEqual(400);
  expect(openFor).toBeLessThanOrEqual(600);
  expect(reported.mock.calls[0]?.[0]).toContain('circuitBreaker.random');
});
