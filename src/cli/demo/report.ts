import { count, countOf, measured, type Paint, seconds } from './format.js';
import type { DemoResult, SideResult } from './result.js';

interface Row {
  readonly label: string;
  readonly plain: string;
  readonly holdfast: string;
  /** Belongs to the row above. */
  readonly detail?: boolean;
  readonly format?: 'green' | 'yellow' | 'red';
}

const LABEL_WIDTH = 36;
const COLUMN_WIDTH = 18;

/**
 * The table at the end of the demo.
 *
 * @param pipeline What the calls with holdfast went through.
 */
export function report(result: DemoResult, pipeline: readonly string[], paint: Paint): string[] {
  const { plain, holdfast } = result;
  const pad = (text: string): string => text.padStart(COLUMN_WIDTH);
  const rule = paint('dim', `  ${'─'.repeat(LABEL_WIDTH + 2 * COLUMN_WIDTH)}`);
  const lines = rowsOf(result).map(({ label, detail, format, ...cells }) => {
    const name = `${detail ? '  ' : ''}${label}`.padEnd(LABEL_WIDTH);
    const colour = (text: string, none: boolean): string =>
      format === undefined || none ? text : paint(format, text);
    return `  ${detail ? paint('dim', name) : name}${colour(pad(cells.plain), isNone(cells.plain))}${colour(pad(cells.holdfast), isNone(cells.holdfast))}`;
  });
  const head = `  ${' '.repeat(LABEL_WIDTH)}${pad('plain fetch')}${pad('with holdfast')}`;
  return [
    ...(result.interrupted
      ? [paint('yellow', `  Stopped after ${seconds(result.ranMs)}: the counts so far.`), '']
      : []),
    paint('bold', head),
    rule,
    ...lines,
    rule,
    // Who was still waiting when it was stopped may well have been answered: nothing to conclude from.
    ...(result.interrupted ? [] : summary(plain, holdfast).map((line) => `  ${line}`)),
    '',
    paint('dim', '  plain fetch:   fetch as it comes, which has no timeout to speak of'),
    paint('dim', `  with holdfast: ${pipeline.slice(0, 4).join(' > ')}`),
    paint('dim', `                 > ${[...pipeline.slice(4), 'the same fetch'].join(' > ')}`),
  ];
}

function isNone(cell: string): boolean {
  return cell === '0' || cell === '-';
}

function rowsOf({ plain, holdfast, interrupted }: DemoResult): Row[] {
  const both = (cell: (side: SideResult) => string): { plain: string; holdfast: string } => ({
    plain: cell(plain),
    holdfast: cell(holdfast),
  });
  const { breaker, retries } = holdfast.pipeline;
  return [
    { label: 'calls', ...both(({ calls }) => count(calls)) },
    {
      label: 'answered by the upstream',
      format: 'green',
      ...both(({ answered, calls }) => countOf(answered, calls)),
    },
    {
      label: 'answered by the fallback',
      format: 'yellow',
      plain: '-',
      holdfast: countOf(holdfast.degraded, holdfast.calls),
    },
    {
      label: 'failed',
      format: 'red',
      ...both(({ failed, calls }) => countOf(failed, calls)),
    },
    {
      label: interrupted ? 'waiting when it was stopped' : 'never answered',
      detail: true,
      format: 'red',
      ...both(({ unanswered }) => count(unanswered)),
    },
    { label: 'callers waited, p50', ...both(({ waits }) => measured(waits.p50)) },
    { label: 'callers waited, p99', ...both(({ waits }) => measured(waits.p99)) },
    { label: 'longest wait', ...both(({ waits }) => measured(waits.longest)) },
    { label: 'most callers waiting at once', ...both(({ maxWaiting }) => count(maxWaiting)) },
    { label: 'requests the upstream got', ...both(({ upstream }) => count(upstream.requests)) },
    {
      label: 'while it failed or hung',
      detail: true,
      ...both((side) => count(troubleRequests(side))),
    },
    { label: 'retries', detail: true, plain: '-', holdfast: count(retries) },
    {
      label: 'circuit breaker open',
      plain: '-',
      holdfast: breaker.opened === 0 ? 'never' : seconds(breaker.openMs),
    },
  ];
}

/** Requests that reached the upstream while it could not use them. */
export function troubleRequests({ upstream }: SideResult): number {
  const { failing = 0, hanging = 0 } = upstream.requestsByPhase;
  return failing + hanging;
}

/** What the table says, in words. */
function summary(plain: SideResult, holdfast: SideResult): string[] {
  const { calls, degraded } = holdfast;
  const instead = degraded === 0 ? '' : `; ${count(degraded)} got the fallback's answer instead`;
  return [
    `With plain fetch ${count(plain.failed)} of ${count(plain.calls)} callers got an error, or nothing at all.`,
    `With holdfast ${count(holdfast.failed)} of ${count(calls)} did${instead}.`,
  ];
}
