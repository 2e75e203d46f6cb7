import type { Attributes } from '@opentelemetry/api';
import { DrainingError, TimeoutError } from '../errors.js';
import type { ToldOutcome } from '../pipeline/contract/events.js';
import { isLimit, refusalsOf } from '../pipeline/contract/refusals.js';
import { DRAIN } from '../pipeline/lifecycle/closing.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { AttemptKind, CallOutcome } from '../pipeline/reporting/kinds.js';
import { attribute } from './names.js';
import type { Point } from './series.js';
import type { Source } from './sources.js';

/** The series that a source will count, as far as they are known. */
export function knownOf({ pipeline, attributes }: Source): Iterable<Point> {
  // There may be many copies with policies of their own. They are counted with their template.
  if (pipeline === undefined || pipeline.key !== undefined) return [];
  return knownSeries(pipeline, attributes);
}

/**
 * The series whose attributes are known before anything is counted. They begin at 0, so that the first counts are an increase. If
 * a series is born with its first thousand failures, Prometheus's `increase()` shows none of them.
 */
function* knownSeries(
  { plan, failureRule }: Pipeline<unknown>,
  attributes: Attributes,
): IterableIterator<Point> {
  const drivers = plan.layers.flatMap(({ driver }) => (driver === undefined ? [] : [driver.type]));
  const gates = plan.layers.map(({ name, gate }) => {
    const refusals = refusalsOf(gate);
    const { reasons = [], enforced = true } = refusals ?? {};
    return { policy: name, reasons, enforced, limits: isLimit(refusals) };
  });
  const reasons = new Set(gates.flatMap((each) => (each.enforced ? each.reasons : [])));
  const retries = drivers.some((type) => type !== FALLBACK);
  const ignored: readonly 'ignored'[] = failureRule === undefined ? [] : ['ignored'];
  for (const [outcome, errorType] of endsOf(drivers, reasons, ignored)) {
    for (const retried of retries ? [false, true] : [false]) {
      const at: Attributes = { ...attributes };
      at[attribute.outcome] = outcome;
      at[attribute.retried] = retried;
      if (errorType !== undefined) at[attribute.errorType] = errorType;
      yield { metric: 'calls', attributes: at, value: 0 };
    }
  }
  const kinds: AttemptKind[] = retries ? ['first', 'retry'] : ['first'];
  for (const kind of kinds) {
    for (const outcome of [...ATTEMPTS, ...ignored]) {
      const at = { ...attributes, [attribute.attemptKind]: kind, [attribute.outcome]: outcome };
      yield { metric: 'attempts', attributes: at, value: 0 };
    }
  }
  for (const { policy, reasons, enforced, limits } of gates) {
    const of = { ...attributes, [attribute.policy]: policy };
    for (const reason of reasons) {
      const at = { ...of, [attribute.reason]: reason, [attribute.enforced]: enforced };
      yield { metric: 'rejections', attributes: at, value: 0 };
    }
    if (limits) yield { metric: 'limitReached', attributes: of, value: 0 };
  }
  // Any pipeline may drain.
  const drain = {
    ...attributes,
    [attribute.policy]: DRAIN,
    [attribute.reason]: DrainingError.reason,
    [attribute.enforced]: true,
  };
  yield { metric: 'rejections', attributes: drain, value: 0 };
}

const FALLBACK = 'fallback';
const RETRY = 'retry';

const ATTEMPTS: readonly ToldOutcome[] = ['success', 'failure', 'timeout', 'rejected', 'cancelled'];

/**
 * The error types of refusals, by reason. A user's own error may have any type. Bundlers would keep each class that is named here, since this is
 * loaded late.
 */
export const CODES: ReadonlyMap<string, string> = new Map([
  ['circuit_open', 'ERR_CIRCUIT_OPEN'],
  ['circuit_isolated', 'ERR_CIRCUIT_ISOLATED'],
  ['bulkhead_full', 'ERR_BULKHEAD_FULL'],
  ['rate_limited', 'ERR_RATE_LIMITED'],
  ['limit_exceeded', 'ERR_LIMIT_EXCEEDED'],
  ['throttled', 'ERR_THROTTLED'],
]);

/**
 * How calls can end, with the error types that are known. A failure's error type is not known. Its series without one shows that
 * there was no failure.
 */
function* endsOf(
  drivers: readonly string[],
  reasons: ReadonlySet<string>,
  ignored: readonly 'ignored'[],
): IterableIterator<[CallOutcome, string?]> {
  yield ['success'];
  for (const outcome of ignored) yield [outcome];
  yield ['failure'];
  yield ['timeout', TimeoutError.code];
  yield ['cancelled'];
  if (drivers.some((type) => type !== RETRY)) yield ['fallback'];
  const codes = [...reasons].flatMap((reason) => CODES.get(reason) ?? []);
  if (codes.length === 0) yield ['rejected'];
  for (const code of codes) yield ['rejected', code];
}
