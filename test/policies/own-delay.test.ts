import { circuitBreaker, pipeline, TimeoutError, throttle } from 'holdfast';
import { expect, it } from 'vitest';
import { failure, outcomeOf, success } from '../../src/pipeline/outcome/outcome.js';
import { isOwnDelay } from '../../src/policies/own-delay.js';

const timeoutOf = (timeoutMs: number, blockedMs?: number) =>
  new TimeoutError('late', { timeoutMs, blockedMs });

it('O1: a timeout is one of this process if half of its time was blocked', () => {
  expect(isOwnDelay(failure(timeoutOf(1_000, 500)))).toBe(true);
  expect(isOwnDelay(failure(timeoutOf(1_000, 1_000)))).toBe(true);
  expect(isOwnDelay(failure(timeoutOf(1_000, 499)))).toBe(false);
  expect(isOwnDelay(failure(timeoutOf(1_000)))).toBe(false);
  expect(isOwnDelay(failure(timeoutOf(0)))).toBe(false);
});

it('O1: nothing else is', () => {
  expect(isOwnDelay(success({ timeoutMs: 1, blockedMs: 1 }))).toBe(false);
  expect(isOwnDelay(failure({ timeoutMs: 1, blockedMs: 1 }))).toBe(false);
  expect(isOwnDelay(failure(timeoutOf(1, 1), 'cancelled'))).toBe(false);
  for (const error of [undefined, null, 'late', 7, {}, new Error('late')]) {
    expect(isOwnDelay(outcomeOf('timeout', undefined, error))).toBe(false);
  }
});

it('O1: an error without blocked time does not show the field', () => {
  expect('blockedMs' in timeoutOf(1_000)).toBe(false);
  expect('blockedMs' in timeoutOf(1_000, 0)).toBe(false);
  expect(JSON.parse(JSON.stringify(timeoutOf(1_000, 700)))).toMatchObject({ blockedMs: 700 });
});

it.each([
  ['by default', undefined],
  ['with a handle of the user', () => true],
])('O1: neither breaker nor throttle counts it, %s', async (_, handle) => {
  const options = handle === undefined ? {} : { handle };
  const breaker = circuitBreaker({ ...options, failingFor: 0, minimumCalls: 5 });
  const limit = throttle({ ...options, minimumCalls: 5 });
  const calls = pipeline('calls', breaker, limit);
  const fail = (error: unknown) => calls.settle(() => Promise.reject(error));
  for (let i = 0; i < 10; i++) await fail(timeoutOf(100, 60));
  expect(breaker.state).toBe('closed');
  expect(limit.snapshot()).toMatchObject({ requests: 0, probability: 0 });
  for (let i = 0; i < 10; i++) await fail(timeoutOf(100, 40));
  expect(breaker.state).toBe('open');
  expect(limit.snapshot().requests).toBeGreaterThan(0);
});
