import { context, INVALID_SPAN_CONTEXT, trace } from '@opentelemetry/api';
import { ConstantBackoff, pipeline, retry } from 'holdfast';
import { consoleLogger, logEvents } from 'holdfast/telemetry';
import { afterEach, expect, it } from 'vitest';
import { Traces, unregister } from '../telemetry/support/sdk.js';

afterEach(unregister);

const once = () => retry({ maxRetries: 1, backoff: new ConstantBackoff(0) });
const lines: string[] = [];
const keep = (line: string): void => {
  lines.push(line);
};
const to = { debug: keep, info: keep, warn: keep, error: keep };
const circular: Record<string, unknown> = { code: 7n };
circular['self'] = circular;
/** What was thrown was written as JSON, which not everything is: the line was lost. */
it.each([
  ['refers to itself', circular],
  ['is a bigint', 12n],
])('a line is written also when what was thrown %s', async (_kind, thrown) => {
  lines.length = 0;
  const calls = pipeline('odd', once());
  const stop = logEvents(calls, consoleLogger(to));
  await calls.settle(() => Promise.reject(thrown));
  stop();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^retries of odd ended: all failed \{/);
  expect(JSON.parse(lines[0]?.replace(/^[^{]*/, '') as string)).toMatchObject({
    'holdfast.pipeline': 'odd',
    'holdfast.attempts': 2,
  });
});

/** Ids of zeros stand for no span; they were written as if they were some trace's. */
it('a line has no trace id where the active span is none', async () => {
  new Traces().register();
  const seen: object[] = [];
  const calls = pipeline('idless', once());
  const log = (fields: object): void => {
    seen.push(fields);
  };
  logEvents(calls, { debug: log, info: log, warn: log, error: log });
  const none = trace.setSpan(context.active(), trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
  await context.with(none, () => calls.settle(() => Promise.reject(new Error('no'))));
  expect(seen).toHaveLength(1);
  expect(seen[0]).not.toHaveProperty('trace_id');
});
