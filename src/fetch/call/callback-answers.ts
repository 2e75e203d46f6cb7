import { ContractError } from '../../errors.js';
import type { Priority } from '../../pipeline/contract/call-traits.js';
import { priorities } from '../../pipeline/contract/call-traits.js';
import { isPriority } from '../../pipeline/options/call-options.js';
import type { Verdict } from '../../pipeline/outcome/verdict.js';

/** What a function among the options may return. Nothing (`undefined`) leaves the decision to the rules. */
interface Answers {
  readonly boolean: boolean;
  readonly number: number;
  readonly priority: Priority;
  readonly string: string;
  readonly verdict: Verdict | 'retry';
}

const EXPECTED: Readonly<Record<keyof Answers, string>> = {
  boolean: 'true, false or undefined',
  number: 'a number of milliseconds or undefined',
  priority: `${priorities.map((each) => `'${each}'`).join(', ')} or undefined`,
  string: 'a text or undefined',
  verdict: "true, false, 'ignore', 'retry' or undefined",
};

/**
 * Checks what a function among the options returned. A promise must not pass: as `true` it would send every POST twice, and as a key it
 * would be a new one each time.
 *
 * @throws ContractError when it is of another type.
 */
export function answerOf<T extends keyof Answers>(
  option: string,
  type: T,
  answer: unknown,
): Answers[T] | undefined {
  if (answer === undefined || answer === null) return undefined;
  if (typeof answer === type) return answer as Answers[T];
  if (type === 'priority' && isPriority(answer)) return answer as Answers[T];
  if (type === 'verdict' && isVerdict(answer)) return answer as Answers[T];
  throw new ContractError(`${option}: must answer ${EXPECTED[type]} (got ${shown(answer)})`);
}

function isVerdict(answer: unknown): boolean {
  return typeof answer === 'boolean' || answer === 'ignore' || answer === 'retry';
}

function shown(answer: unknown): string {
  if (answer instanceof Promise) {
    answer.catch(ignore);
    return 'a promise: it cannot be asynchronous';
  }
  return typeof answer === 'string' ? JSON.stringify(answer) : typeof answer;
}

function ignore(): void {}
