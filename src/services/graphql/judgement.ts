import { isFailureStatus, TOO_MANY_REQUESTS } from '../../fetch/verdict/statuses.js';
import { codeOf, statusOfCode } from './codes.js';
import { isRecord, type Unchecked } from './record.js';

/** What decides about a result. */
export interface JudgementRules {
  /** The status of HTTP that says the same as an error; asked before the table of known codes. */
  readonly statusOf: (code: string | undefined, error: Unchecked) => number | undefined;
  /** Whether a result with errors that also has data is judged by its errors. */
  readonly judgesPartialData: boolean;
}

/** What a result says about the server. */
export interface Judgement {
  /** Whether it is a failure; `undefined` if the result does not tell, so that the status of the response decides. */
  readonly failed: boolean | undefined;
  /** The status of HTTP that says the same as its failure. */
  readonly status: number | undefined;
}

const UNTOLD: Judgement = { failed: undefined, status: undefined };
const ANSWER: Judgement = { failed: false, status: undefined };

/**
 * Judges a result, or a batch of them, by the codes of its errors. A batch fails if one of its results does, because another client waits
 * for each of them.
 */
export function judge(result: unknown, rules: JudgementRules): Judgement {
  if (!Array.isArray(result)) return judgeOne(result, rules);
  const judged = result.map((each) => judgeOne(each, rules));
  const failures = judged.flatMap(({ failed, status }) => (failed === true ? [status] : []));
  if (failures.length > 0) return { failed: true, status: worst(failures) };
  return judged.length > 0 && judged.every(({ failed }) => failed === false) ? ANSWER : UNTOLD;
}

function judgeOne(result: unknown, rules: JudgementRules): Judgement {
  if (!isRecord(result)) return UNTOLD;
  const { errors, data } = result;
  if (!Array.isArray(errors) || errors.length === 0) return UNTOLD;
  if (!rules.judgesPartialData && hasData(data)) return UNTOLD;
  const statuses = errors.map((error) => (isRecord(error) ? statusOf(error, rules) : undefined));
  const failures = statuses.filter((status) => status !== undefined && isFailureStatus(status));
  if (failures.length > 0) return { failed: true, status: worst(failures) };
  return statuses.includes(undefined) ? UNTOLD : ANSWER;
}

function statusOf(error: Unchecked, rules: JudgementRules): number | undefined {
  const code = codeOf(error);
  return rules.statusOf(code, error) ?? statusOfCode(code);
}

/** Only if all that failed is a matter of the client's quota, the server is well. */
function worst(failures: readonly (number | undefined)[]): number | undefined {
  return failures.find((status) => status !== TOO_MANY_REQUESTS) ?? failures[0];
}

/** Whether anything came. A field that may be null is null if it failed. */
function hasData(data: unknown): boolean {
  if (!isRecord(data)) return false;
  return Object.entries(data).some(([name, value]) => value !== null && name !== '__typename');
}
