import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { LateCopies, Policy } from '../../pipeline/contract/policy.js';
import type { StraightHalf, StraightPlace } from '../../pipeline/contract/straight-half.js';
import { SuccessWindow } from '../../windows/success-window.js';
import type { RetryBudget } from '../retry-budget/index.js';
import { BUDGET_BUCKET_MS } from '../retry-budget/retry-budget.js';

/** A retry, as far as its copies need it. */
interface Retry {
  readonly budget: RetryBudget | undefined;
  fork(): Retry & Policy<unknown>;
  straight(place: StraightPlace): StraightHalf | undefined;
  measure(nowMs: number): PolicyMeasures;
}

/** Copies of a retry that are made when they are needed. Before that they keep the first attempts that earn retries. */
export class LateRetries implements LateCopies {
  readonly #like: Retry;
  /** Each copy has a budget of its own. */
  readonly #ownBudget: boolean;

  constructor(like: Retry, ownBudget: boolean) {
    this.#like = like;
    this.#ownBudget = ownBudget;
  }

  begin(): void {}

  end(): void {}

  fork(_retired: boolean, kept: unknown): Retry & Policy<unknown> {
    const copy = this.#like.fork();
    if (kept instanceof SuccessWindow) {
      kept.forEach(BUDGET_BUCKET_MS, (count, atMs) => copy.budget?.deposit(atMs, count));
    }
    return copy;
  }

  straight(place: StraightPlace, at: number): StraightHalf | undefined {
    // What is learnt from retries is not shared: a copy that runs a call again is made first.
    if (!this.#ownBudget) {
      const half = this.#like.straight(place);
      return half && { ...half, rerun: undefined };
    }
    const { time } = place;
    return {
      enter: ({ copy }) => {
        const kept = copy.kept ?? copy.keep();
        kept[at] ??= new SuccessWindow();
        return (kept[at] as SuccessWindow).add(time.recent(), BUDGET_BUCKET_MS);
      },
    };
  }

  measure(kept: unknown, nowMs: number): PolicyMeasures {
    const { budget } = this.#like;
    if (budget === undefined || !(kept instanceof SuccessWindow)) return this.#like.measure(nowMs);
    return { balance: budget.balanceAfter(kept.total(nowMs, BUDGET_BUCKET_MS)) };
  }
}
