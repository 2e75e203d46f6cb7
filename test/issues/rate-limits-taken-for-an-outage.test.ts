import {
  type CircuitBreakerOptions,
  CircuitOpenError,
  circuitBreaker,
  type Outcome,
  pipeline,
} from 'holdfast';
import { isFetchFailure, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import type { GlobalFetch } from '../fetch/support/breaker-ways.js';
import { type Answer, double } from '../fetch/support/double.js';

const URL_A = 'http://a.example/';
const KEY = 'http://a.example';
const quiet = { consecutiveFailures: 5, failingFor: 0 };

/** A client without retries, whose breaker opens at five failures in a row. */
function make(script: Answer[], circuitBreaker: CircuitBreakerOptions = quiet, retry?: object) {
  const clock = new VirtualClock();
  const sent = double(...script);
  const fetch = resilientFetch({
    fetch: sent as GlobalFetch,
    clock,
    policies: { retry: retry ?? false, circuitBreaker, adaptiveLimiter: false },
  });
  const state = () => fetch.snapshot()[KEY]?.policies['circuit_breaker'] as { state: string };
  return { clock, fetch, sent, state };
}

/** An upstream that answered 429 opened the breaker after five requests, four of them the client's own retries. */
describe('429', () => {
  it('B2: is in no run of failures, whoever sends it again', async () => {
    const { clock, fetch, state } = make([429], quiet, { maxRetries: 3 });
    for (let i = 0; i < 4; i++) {
      expect((await clock.runUntil(fetch(URL_A))).status).toBe(429);
    }
    expect(state()).toMatchObject({ state: 'closed', consecutiveFailures: 0 });
  });

  it('B2: lasts no run, which only other failures make', async () => {
    const lasting = { consecutiveFailures: 2, failingFor: '1s' } as const;
    const { clock, fetch, state } = make([503, 503, 429, 503], lasting);
    await fetch(URL_A);
    await fetch(URL_A);
    await clock.advance('5s');
    await fetch(URL_A);
    expect(state().state).toBe('closed');
    await fetch(URL_A);
    expect(state().state).toBe('open');
  });

  it('B2: does not end a run of others', async () => {
    const { fetch, state } = make([503, 429, 503, 429, 503, 429, 503, 503]);
    for (let i = 0; i < 7; i++) await fetch(URL_A);
    expect(state()).toMatchObject({ state: 'closed', consecutiveFailures: 4 });
    await fetch(URL_A);
    expect(state().state).toBe('open');
  });

  it('B2: counts in the rate', async () => {
    const { fetch, sent, state } = make([429], { ...quiet, minimumCalls: 10 });
    for (let i = 0; i < 9; i++) await fetch(URL_A);
    expect(state().state).toBe('closed');
    await fetch(URL_A);
    expect(state().state).toBe('open');
    await expect(fetch(URL_A)).rejects.toThrow(CircuitOpenError);
    expect(sent.calls).toHaveLength(10);
  });

  it('B2: fails a probe, and its Retry-After lengthens the open time', async () => {
    const wait = () => new Response(null, { status: 429, headers: { 'retry-after': '30' } });
    const { clock, fetch, state } = make([503, 503, 503, 503, 503, wait, 200]);
    for (let i = 0; i < 5; i++) await fetch(URL_A);
    expect(state().state).toBe('open');
    await clock.advance('2s');
    expect((await fetch(URL_A)).status).toBe(429);
    expect(state().state).toBe('open');
    await clock.advance('29s');
    await expect(fetch(URL_A)).rejects.toThrow(CircuitOpenError);
    await clock.advance('2s');
    expect((await fetch(URL_A)).status).toBe(200);
  });

  it('B2: also where a handle of one’s own finds it a failure', async () => {
    const handle = (outcome: Outcome) =>
      outcome.kind === 'success' && (outcome.value as Response).status >= 400;
    const { fetch, state } = make([429, 429, 429, 429, 429, 429, 404], { ...quiet, handle });
    for (let i = 0; i < 6; i++) await fetch(URL_A);
    expect(state().state).toBe('closed');
    for (let i = 0; i < 5; i++) await fetch(URL_A);
    expect(state().state).toBe('open');
  });

  it.each([
    ['axios, got and ky', Object.assign(new Error('429'), { response: { status: 429 } })],
    ['undici', Object.assign(new Error('429'), { code: 'UND_ERR_RESPONSE', statusCode: 429 })],
    ['an SDK', Object.assign(new Error('429'), { status: 429, headers: {} })],
  ])('B2: nor when %s made an error of it', async (_who, error) => {
    const breaker = circuitBreaker({ ...quiet, minimumCalls: 10, handle: isFetchFailure });
    const calls = pipeline({ name: 'calls', clock: new VirtualClock() }, breaker);
    for (let i = 0; i < 9; i++) await calls.settle(() => Promise.reject(error));
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot()).toMatchObject({ consecutiveFailures: 0, window: { failures: 9 } });
    await calls.settle(() => Promise.reject(error));
    expect(breaker.state).toBe('open');
  });
});
