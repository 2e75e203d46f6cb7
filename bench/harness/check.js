// @ts-check
/**
 * Proves, before anything is timed, that an arm does what its list of policies says: one check for
 * success, one for failure, and one for each policy that refuses or gives up calls.
 *
 * @module
 */

import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER, FAILURE, FALLBACK, settings } from '../settings.js';

/** @typedef {import('../types.d.ts').Arm} Arm */

const SHORT_TIMEOUT_MS = 20;
const PERMITS = 3;
const PATIENCE_MS = 5_000;
const never = () => new Promise(() => {});

/** @param {Arm} arm */
export async function checkArm(arm) {
  try {
    await Promise.race([arm.check?.(arm) ?? checkPolicies(arm), hangs()]);
  } catch (error) {
    throw new Error(`${arm.id}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** @param {Arm} arm */
async function checkPolicies(arm) {
  await answers(arm);
  await passesFailureOn(arm);
  if (arm.policies.includes('timeout')) await timesOut(arm);
  if (has(arm, 'bulkhead', 'adaptiveLimiter')) await limits(arm);
  if (has(arm, 'breaker', 'throttle')) await opens(arm);
  if (has(arm, 'rateLimiter')) await runsOut(arm);
}

/**
 * @param {Arm} arm
 * @param {import('../types.d.ts').PolicyName[]} policies
 */
const has = (arm, ...policies) => policies.some((policy) => arm.policies.includes(policy));

/** @returns {Promise<never>} */
async function hangs() {
  await sleep(PATIENCE_MS);
  throw new Error(`a call is still pending after ${PATIENCE_MS} ms`);
}

/** @param {Arm} arm */
async function answers(arm) {
  const upstream = counted(async () => ANSWER);
  const call = await arm.create(upstream.operation, {});
  assert.equal(await call(), ANSWER, 'the answer of the operation');
  assert.equal(upstream.calls, 1, 'one call of the operation');
}

/** @param {Arm} arm */
async function passesFailureOn(arm) {
  const upstream = counted(async () => {
    throw FAILURE;
  });
  const call = await arm.create(upstream.operation, {});
  await endsWithFailure(arm, call, (error) => assert.equal(error, FAILURE, 'the error itself'));
  assert.equal(upstream.calls, attemptsOf(arm), 'attempts of a failing operation');
}

/** @param {Arm} arm */
async function timesOut(arm) {
  const upstream = counted(never);
  const call = await arm.create(upstream.operation, { timeoutMs: SHORT_TIMEOUT_MS });
  const started = performance.now();
  await endsWithFailure(arm, call, (error) => assert.ok(error instanceof Error, 'a timeout error'));
  const elapsed = performance.now() - started;
  assert.ok(elapsed >= SHORT_TIMEOUT_MS - 1, `timed out after ${elapsed} ms`);
  const attempts = attemptsOf(arm);
  assert.equal(upstream.calls, attempts, 'attempts of a hanging operation');
}

/** @param {Arm} arm */
async function limits(arm) {
  /** @type {((value: unknown) => void)[]} */
  const resolvers = [];
  const upstream = counted(() => new Promise((resolve) => resolvers.push(resolve)));
  const call = await arm.create(upstream.operation, { timeoutMs: 60_000 });
  const admitted = Array.from({ length: settings.maxConcurrent }, () => call());
  await turns();
  assert.equal(upstream.calls, settings.maxConcurrent, 'calls admitted by the bulkhead');
  await endsWithFailure(arm, call, (error) => assert.ok(error instanceof Error, 'a rejection'));
  assert.equal(upstream.calls, settings.maxConcurrent, 'calls admitted by the full bulkhead');
  for (const resolve of resolvers) resolve(ANSWER);
  for (const one of admitted) assert.equal(await one, ANSWER, 'the answer of an admitted call');
  const again = call();
  await turns();
  resolvers.at(-1)?.(ANSWER);
  assert.equal(await again, ANSWER, 'the answer once there is room again');
}

/** @param {Arm} arm */
async function runsOut(arm) {
  const upstream = counted(async () => ANSWER);
  const call = await arm.create(upstream.operation, { permits: PERMITS });
  for (let i = 0; i < PERMITS; i++) assert.equal(await call(), ANSWER, 'the answer to a permit');
  await endsWithFailure(arm, call, (error) => assert.ok(error instanceof Error, 'a rejection'));
  assert.equal(upstream.calls, PERMITS, 'calls admitted by the rate limiter');
}

/** @param {Arm} arm */
async function opens(arm) {
  assert.equal(await reachedAfter(arm, 1 / 3), 1, 'calls admitted after one failure in three');
  assert.equal(await reachedAfter(arm, 2 / 3), 0, 'calls admitted after two failures in three');
}

/**
 * Whether a call still reaches the operation after a share of earlier ones failed.
 * @param {Arm} arm
 * @param {number} failing
 */
async function reachedAfter(arm, failing) {
  let broken = true;
  const upstream = counted(async () => {
    if (broken && upstream.calls % 3 < failing * 3) throw FAILURE;
    return ANSWER;
  });
  const call = await arm.create(upstream.operation, {});
  for (let i = 0; i < 3 * settings.minimumCalls; i++) await call().catch(() => {});
  broken = false;
  const before = upstream.calls;
  const [result] = await Promise.allSettled([call()]);
  const reached = upstream.calls - before;
  if (reached > 0) assert.deepEqual(result, { status: 'fulfilled', value: ANSWER });
  else await endsWithFailure(arm, call, (error) => assert.notEqual(error, FAILURE, 'a rejection'));
  return reached;
}

/**
 * @param {Arm} arm
 * @param {() => Promise<unknown>} call
 * @param {(error: unknown) => void} judge
 */
async function endsWithFailure(arm, call, judge) {
  const [result] = await Promise.allSettled([call()]);
  if (!arm.policies.includes('fallback')) {
    assert.equal(result?.status, 'rejected', 'a failed call rejects');
    judge(result.reason);
  } else if (arm.fallbackRejects) {
    assert.deepEqual(result, { status: 'rejected', reason: FALLBACK });
  } else {
    assert.deepEqual(result, { status: 'fulfilled', value: FALLBACK });
  }
}

/** @param {Arm} arm */
const attemptsOf = (arm) => (arm.policies.includes('retry') ? 1 + settings.maxRetries : 1);

/** @param {import('../types.d.ts').Operation} operation */
export function counted(operation) {
  const upstream = {
    calls: 0,
    /** @type {import('../types.d.ts').Operation} */
    operation(context) {
      upstream.calls++;
      return operation(context);
    },
  };
  return upstream;
}

/** Lets whatever takes a few turns of the event loop come through. */
async function turns() {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
