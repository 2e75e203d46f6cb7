// @ts-check
/**
 * The same numbers for every library, so that every arm does the same work.
 * @module
 */

export const ANSWER = 42;
export const FALLBACK = 'the fallback';

/** One error for all failing operations: making it costs nothing, so the libraries' own cost shows. */
export const FAILURE = new Error('upstream failed');

export const settings = Object.freeze({
  maxRetries: 3,
  failureRate: 0.5,
  windowMs: 30_000,
  minimumCalls: 20,
  openForMs: 600_000,
  timeoutMs: 1_000,
  maxConcurrent: 100,
  /** More than are used up while a rate limiter is timed. */
  permits: 1e12,
});

/** The operation of every path that has no other: the cheapest asynchronous call there is. */
export const operation = async () => ANSWER;
