import { SpanStatusCode } from '@opentelemetry/api';
import type { Pipeline } from 'holdfast';
import { attribute, metric } from '../../src/telemetry/names.js';
import type { Metrics, Traces } from '../telemetry/support/sdk.js';
import type { Counts } from './words.js';
import { countOf } from './words.js';

/** What the pipeline itself has counted. */
export function countersOf({ tally }: Pipeline<unknown>): Counts {
  const words: string[] = [];
  const add = (word: string, times: number): void =>
    void words.push(...Array<string>(times).fill(word));
  add('call success', tally.straight);
  add('first attempt success', tally.straight);
  for (const { outcome, once, retried } of tally.calls) add(`call ${outcome}`, once + retried);
  for (const { kind, outcome, count } of tally.attempts) add(`${kind} attempt ${outcome}`, count);
  for (const { policy, reason, enforced, waived } of tally.rejections) {
    add(`rejection by ${policy}: ${reason}`, enforced);
    add(`rejection by ${policy}: ${reason} (dry run)`, waived);
  }
  return countOf(words);
}

/** What the SDK collects, by the same names. */
export async function metricsOf(sdk: Metrics): Promise<Counts> {
  const counts: Record<string, number> = {};
  const add = async (
    name: string,
    word: (labels: Record<string, unknown>) => string,
  ): Promise<void> => {
    for (const { labels, value } of await sdk.points(name)) {
      // A series may begin at 0.
      if (value > 0) counts[word(labels)] = (counts[word(labels)] ?? 0) + value;
    }
  };
  const { outcome, attemptKind, policy, reason, enforced } = attribute;
  await add(metric.calls.name, (labels) => `call ${labels[outcome]}`);
  await add(metric.attempts.name, (labels) => `${labels[attemptKind]} attempt ${labels[outcome]}`);
  await add(metric.rejections.name, (labels) => {
    const waived = labels[enforced] === false ? ' (dry run)' : '';
    return `rejection by ${labels[policy]}: ${labels[reason]}${waived}`;
  });
  return counts;
}

/** The spans that have ended: each by the call's outcome, and whether that is an error. */
export function spansOf({ spans }: Traces): string[] {
  return spans.map(({ attributes, status }) => {
    const failed = status.code === SpanStatusCode.ERROR ? ' as an error' : '';
    return `${attributes[attribute.outcome]}${failed}`;
  });
}
