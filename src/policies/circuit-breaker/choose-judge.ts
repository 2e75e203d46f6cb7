import type { IBreaker } from 'cockatiel';
import { CockatielJudge } from './cockatiel-judge.js';
import type { Judge } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { RuleJudge } from './rule-judge.js';

/** The judge that the options ask for. */
export function judgeOf(options: ResolvedCircuitBreaker, breaker: IBreaker | undefined): Judge {
  return breaker === undefined ? new RuleJudge(options) : new CockatielJudge(breaker);
}
