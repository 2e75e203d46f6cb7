import { ContractError } from '../../errors.js';
import { adopted, isThenable } from './promises.js';

/**
 * Refuses a promise where a synchronous answer is needed: nobody would see the mistake if it counted as a yes. A rejection of that promise
 * is ignored, so that it does not end the process.
 *
 * @param mistake What was done and what would be right.
 * @throws ContractError
 */
export function refusePromise(answer: unknown, mistake: string): void {
  if (!isThenable(answer)) return;
  adopted(answer).catch(() => {});
  throw new ContractError(mistake);
}
