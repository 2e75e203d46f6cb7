import type { PipelineEvent } from 'holdfast';
import { ResilienceError } from 'holdfast';
import { ANSWER, BOOM, CALLERS_TIMEOUT, FAILED_RESULT, FAULT, REASON } from './scene.js';

/** An event in words, as the table has it. */
export function inWords(event: PipelineEvent): string {
  const by = event.policy === undefined ? '' : ` by ${event.policy}`;
  switch (event.type) {
    case 'call':
      return `call ${event.outcome}`;
    case 'attempt':
      return `attempt ${event.attempt} ${event.outcome}${event.kind === 'hedge' ? ' (hedge)' : ''}`;
    case 'retry':
      return `retry as ${event.attempt} after ${event.outcome}`;
    case 'retry_stopped':
      return `retry stopped: ${event.reason}, ${event.outcome}`;
    case 'rejection':
      return `rejection${by}: ${event.reason}${event.enforced ? '' : ' (dry run)'}`;
    case 'transition':
      return `transition to ${event.to}: ${event.reason}`;
    case 'fallback':
      return `fallback after ${event.outcome}`;
    default:
      return `${event.type}${by}`;
  }
}

const NAMED = new Map<unknown, string>([
  [ANSWER, 'the answer'],
  [FAILED_RESULT, 'the failed result'],
  [BOOM, 'boom'],
  [FAULT, 'the fault'],
  [REASON, 'the reason'],
  [CALLERS_TIMEOUT, 'the reason'],
]);

/** What the caller got, in words. */
export function gotInWords(result: PromiseSettledResult<unknown> | undefined): string {
  if (result === undefined) return 'nothing: it is pending';
  const got = result.status === 'fulfilled' ? result.value : result.reason;
  const named = NAMED.get(got);
  if (named !== undefined) return named;
  if (got instanceof ResilienceError) return got.code;
  return got instanceof Error ? got.message : String(got);
}

/** Counted things: by name, how many. */
export type Counts = Readonly<Record<string, number>>;

export function countOf(words: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** What the counters of a pipeline have to say after these events. */
export function countsOf(events: readonly string[]): Counts {
  return countOf(
    events.flatMap((event) => {
      const [what, ...rest] = event.split(' ');
      if (what === 'call') return [`call ${rest[0]}`];
      if (what === 'attempt') {
        const kind = rest[2] === '(hedge)' ? 'hedge' : rest[0] === '1' ? 'first' : 'retry';
        return [`${kind} attempt ${rest[1]}`];
      }
      return what === 'rejection' ? [event] : [];
    }),
  );
}
