// @ts-check
/**
 * Weighted permits: an upstream that counts tokens, and limiters that count calls, tokens, or tokens and what the upstream tells.
 *
 * @module
 */

import { learnFrom, pipeline, rateLimiter } from 'holdfast';
import { scenarios } from 'holdfast/simulator';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast').RateLimiterOptions} Options */
/** @typedef {import('holdfast/simulator').QuotaAnswer} QuotaAnswer */

const CLIENTS = 10;
const TOKENS = 500;
const QUOTA = 50_000;
/** How long a call waits for its turn. */
const maxWait = '2s';

/** One limiter in each client. @param {Options} options @returns {Arm} */
const limited = (options) => {
  return ({ clock }) =>
    pipeline({ name: 'model', clock, telemetry: false }, rateLimiter({ maxWait, ...options }));
};

/** The share of each client, as calls of usual cost and as tokens. */
const calls = { limit: QUOTA / TOKENS / CLIENTS, burst: 2 };
const tokens = { limit: QUOTA / CLIENTS };

/** The same limiters, which do not hear what a call costs. @param {Arm} arm @returns {Arm} */
const withoutCosts = (arm) => (setup) => {
  const calls = /** @type {import('holdfast').Pipeline} */ (arm(setup));
  return { execute: (operation, { signal }) => calls.execute(operation, { signal }) };
};

/** What an answer of the upstream says. */
const learn = learnFrom((outcome) => {
  const found = outcome.kind === 'success' ? outcome.value : outcome.error;
  const { quota } = /** @type {Partial<QuotaAnswer>} */ (Object(found));
  if (quota === undefined) return undefined;
  const { limit, remaining, reset: resetMs } = quota;
  return { limit, remaining, resetMs, refills: true };
});

/** @type {Comparison[]} */
export const comparisons = [
  {
    id: 'weights-quota-of-tokens',
    title: 'A quota of tokens',
    about:
      'Ten clients share a quota of tokens, and want half as much again. Each has a tenth of it. A limiter of calls lets in as many as there would be tokens for if all cost the same, but some cost ten times as much as others. One that knows the cost of each call sends what the upstream takes, and hardly more.',
    scenario: { ...scenarios.quota_of_tokens, name: 'weights_quota_of_tokens' },
    arms: [
      { id: 'without', label: 'without', arm: limited({ limit: 1e6 }) },
      { id: 'calls', label: 'counts calls', arm: withoutCosts(limited(calls)) },
      { id: 'with', label: 'counts tokens', arm: limited(tokens) },
    ],
    shows: ['served', 'overQuota', 'sent'],
    goals: [
      { arm: 'with', figure: 'overQuota', atMost: 0.001 },
      { arm: 'with', figure: 'served', atLeast: { arm: 'without' } },
      { arm: 'with', figure: 'served', atLeast: { arm: 'calls', times: 1.15 } },
    ],
  },
  {
    id: 'weights-learnt',
    title: 'A quota that is smaller than was thought',
    about:
      'One client believes that it may use twice of what the upstream lets in. If it reads what each answer says of the quota, it waits instead of asking in vain.',
    scenario: { ...scenarios.quota_of_tokens, name: 'weights_learnt', clients: 1 },
    arms: [
      { id: 'without', label: 'as configured', arm: limited({ limit: 2 * QUOTA }) },
      { id: 'with', label: 'learns', arm: limited({ limit: 2 * QUOTA, learn }) },
    ],
    shows: ['served', 'overQuota', 'sent'],
    goals: [
      { arm: 'with', figure: 'overQuota', atMost: { arm: 'without', times: 0.25 } },
      { arm: 'with', figure: 'served', atLeast: { arm: 'without', plus: -0.02 } },
    ],
  },
];
