import { ContractError } from '../../errors.js';
import { adopted, isThenable } from './promises.js';

/**
 * Refuses a promise where an answer is needed at once: taken for a yes, or for no answer, it would be a mistake nobody
 * sees. If it rejects, that is nobody's and must not end the process.
 *
 * @param mistake What was done and what would be right.
 * @throws ContractError
 */
export function refusePromise(answer: unknown, mistake: string): void {
  if (!isThenable(answer)) return;
  adopted(answer).catch(() => {});
  throw new ContractError(mistake);
}
