import { describe } from '../../config/describe.js';
import { markOf } from '../../copies.js';
import { ConfigError } from '../../errors.js';
import type { CorrectableCost, Cost } from '../../pipeline/contract/call-traits.js';
import type { Call } from '../../pipeline/contract/policy.js';
import { COST, isCorrectable, isCost } from '../../pipeline/options/call-options.js';
import type { TokenBucket } from '../token-bucket.js';
import type { Learn } from './learn.js';
import { Spent } from './spent.js';
import type { UpstreamQuota } from './upstream-quota.js';

/** What the mark of a rate limiter says. */
const KIND = 'rate_limiter';

/**
 * The cost of one call, to be corrected when it is known: after a stream has ended, for example. What was taken too much goes back to the rate
 * limiters, and what was taken too little is owed by later calls. Make one for each call. If the call is repeated, the correction is that of its
 * last attempt.
 *
 * @param estimate What is expected: a number, or numbers by the names of limiters.
 * @throws ConfigError when that is something else.
 * @example
 * const cost = callCost({ tokens: 1_200 });
 * const answer = await modelFetch(url, init, { cost });
 * const { usage } = await answer.json();
 * cost.correct({ tokens: usage.total_tokens });
 */
export function callCost(estimate: Cost): CorrectableCost {
  return new CallCost(estimate);
}

class CallCost implements CorrectableCost, Pick<Learn, 'spend'> {
  #now: Cost;
  readonly #settles = new Map<string, (cost: number) => void>();

  constructor(estimate: Cost) {
    this.#now = checked(estimate);
  }

  get now(): Cost {
    return this.#now;
  }

  /** @throws ConfigError when it is neither a number of permits nor numbers by the names of limiters. */
  correct(cost: Cost): void {
    this.#now = checked(cost);
    for (const [policy, settle] of this.#settles) {
      const own = amountOf(this.#now, policy);
      if (own !== undefined) settle(own);
    }
  }

  spend(cost: number, bucket: TokenBucket, quota?: UpstreamQuota): Spent {
    return new Spent(cost, bucket, quota);
  }

  taken(policy: string, settle: (cost: number) => void): void {
    this.#settles.set(policy, settle);
  }
}

/** What a call says that it takes from the limiter that is asked; `undefined` when it does not say. */
export function costIn(call: Call): number | undefined {
  const said = call.traits?.cost;
  if (said === undefined) return undefined;
  const cost = typeof said === 'object' && isCorrectable(said) ? said.now : said;
  if (typeof cost === 'object') assertNames(cost, call);
  return amountOf(checked(cost), call.policy);
}

/** @throws ConfigError when it names a policy that takes no cost. */
function assertNames(cost: object, { layers, label }: Call): void {
  const namesOf = (...kinds: (string | undefined)[]) =>
    layers.filter(({ policy }) => kinds.includes(markOf(policy)?.kind)).map(({ name }) => name);
  // A policy without a mark is a user's own. It may read the cost, too.
  const known = namesOf(KIND, undefined);
  const unknown = Object.keys(cost).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const remedy = `must name rate limiters of ${label}, which has ${namesOf(KIND).join(', ')}`;
  throw wrong(`${remedy} (got ${describe(unknown)})`, cost);
}

function amountOf(cost: Cost, policy: string): number | undefined {
  if (typeof cost === 'number') return cost;
  return Object.hasOwn(cost, policy) ? cost[policy] : undefined;
}

function checked(cost: Cost): Cost {
  if (!isCost(cost) || isCorrectable(cost)) throw wrong(`${COST} (got ${describe(cost)})`, cost);
  return typeof cost === 'number' ? cost : Object.freeze({ ...cost });
}

function wrong(remedy: string, value: unknown): ConfigError {
  return new ConfigError(`cost: ${remedy}`, { path: 'cost', value });
}
