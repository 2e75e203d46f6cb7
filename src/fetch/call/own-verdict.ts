import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { Verdict } from '../../pipeline/outcome/verdict.js';
import type { ResolvedClient } from '../options.js';
import type { ResolvedOverrides } from '../overrides.js';
import type { OutgoingRequest } from '../request/request.js';
import { answerOf } from './callback-answers.js';

/**
 * What users' functions say about the end of an attempt: the call's own `classify` first, then the client's.
 *
 * @throws ContractError when the answer is no verdict; what the function throws.
 */
export function ownVerdict(
  outcome: Outcome,
  request: OutgoingRequest,
  overrides: ResolvedOverrides,
  options: ResolvedClient,
): Verdict | 'retry' | undefined {
  return (
    answerOf('classify', 'verdict', overrides.classify?.(outcome as never, request)) ??
    answerOf('classify', 'verdict', options.classify?.(outcome as never, request))
  );
}
