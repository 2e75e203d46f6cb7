import { Writable } from 'node:stream';
import { trace } from '@opentelemetry/api';
import { ConfigError, ConstantBackoff, circuitBreaker, keyed, pipeline, retry } from 'holdfast';
import { consoleLogger, logEvents } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { Traces, unregister } from './support/sdk.js';

afterEach(unregister);

const fails = (error: unknown = new TypeError('down')) => Promise.reject(error);

/** pino itself, writing into a list. */
function log() {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { lines, logger: pino({ base: null, timestamp: false }, stream) };
}

const failing = (clock = new VirtualClock(), minimumCalls = 2) =>
  pipeline(
    { name: 'stock', clock },
    retry({ maxRetries: 1, backoff: new ConstantBackoff(0) }),
    circuitBreaker({ failureRate: 0.5, minimumCalls, failingFor: 0, openFor: '5s', probes: 1 }),
  );

it('one line a transition and one a call whose retries failed, in the shape of pino', async () => {
  const { lines, logger } = log();
  const clock = new VirtualClock();
  const made = failing(clock, 3);
  logEvents(made, logger);
  await made.execute(() => 1);
  await made.settle(() => fails());
  expect(lines).toEqual([
    {
      level: 40,
      'holdfast.pipeline': 'stock',
      'holdfast.call_id': expect.any(Number),
      'holdfast.policy': 'circuit_breaker',
      'holdfast.previous_state': 'closed',
      'holdfast.state': 'open',
      'holdfast.reason': 'failure_rate',
      'holdfast.open_for': expect.any(Number),
      msg: 'circuit breaker of stock: closed -> open',
    },
    {
      level: 40,
      'holdfast.pipeline': 'stock',
      'holdfast.call_id': expect.any(Number),
      'holdfast.policy': 'retry',
      'holdfast.reason': 'exhausted',
      'holdfast.attempts': 2,
      'holdfast.outcome': 'failure',
      'error.type': 'TypeError',
      err: expect.objectContaining({ type: 'TypeError', message: 'down' }),
      msg: 'retries of stock ended: all failed',
    },
  ]);
  await clock.advance(20_000);
  await made.execute(() => 1);
  expect(lines.slice(2).map(({ level, msg }) => [level, msg])).toEqual([
    [30, 'circuit breaker of stock: open -> half_open'],
    [30, 'circuit breaker of stock: half_open -> closed'],
  ]);
});

it('R7: a line says that a retry was refused, and by whom', async () => {
  const { lines, logger } = log();
  const clock = new VirtualClock();
  const made = pipeline(
    { name: 'stock', clock },
    retry({ initialDelay: 0 }),
    circuitBreaker({ consecutiveFailures: 1 }),
  );
  logEvents(made, logger);
  await clock.runUntil(made.settle(() => fails()));
  expect(lines.at(-1)).toMatchObject({
    level: 40,
    'holdfast.reason': 'rejected',
    'holdfast.rejected_by': 'circuit_breaker',
    'holdfast.outcome': 'failure',
    msg: 'retries of stock ended: a policy refused the retry',
  });
});

it('lines carry the ids of the trace they belong to', async () => {
  const traces = new Traces().register();
  const { lines, logger } = log();
  const made = failing();
  logEvents(made, logger);
  await trace.getTracer('test').startActiveSpan('request', () => made.settle(() => fails()));
  const [span] = traces.named('holdfast stock');
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line['trace_id']).toBe(span?.spanContext().traceId);
  expect(lines[1]?.['span_id']).toBe(span?.spanContext().spanId);
});

it('an outage cannot flood the log, and what is left out is counted', async () => {
  const { lines, logger } = log();
  const clock = new VirtualClock();
  const byHost = keyed(failing(clock, 2));
  logEvents(byHost, logger, { burst: 3, every: '10s', clock });
  for (let i = 0; i < 100; i++) await byHost.settle(`host-${i}`, () => fails());
  // Three of each kind.
  expect(lines).toHaveLength(6);
  expect(lines[0]?.['holdfast.key']).toBe('host-0');
  await clock.advance(10_000);
  await byHost.settle('one more', () => fails());
  expect(lines.slice(6).map(({ suppressed }) => suppressed)).toEqual([97, 97]);
  await clock.advance(1_000_000);
  for (let i = 0; i < 100; i++) await byHost.settle(`later-${i}`, () => fails());
  expect(lines.slice(8)).toHaveLength(6);
});

it('nothing is written any more once it is stopped', async () => {
  const { lines, logger } = log();
  const made = failing();
  logEvents(made, logger)();
  await made.settle(() => fails());
  expect(lines).toEqual([]);
});

it('successful calls build no event for it', async () => {
  const { logger } = log();
  const made = pipeline('quiet', retry());
  let events = 0;
  const stop = logEvents(
    {
      on: (type, listener) => {
        events++;
        return made.on(type as 'call', listener as never);
      },
    },
    logger,
  );
  await made.execute(() => 1);
  expect(events).toBe(8);
  expect(made.hub.active).toBe(true);
  expect(made.hub.routine).toBe(false);
  stop();
  expect(made.hub.active).toBe(false);
});

it('a console gets the message and the fields as JSON', async () => {
  const written: string[] = [];
  const to = (level: string) => (line: unknown) => void written.push(`${level} ${line}`);
  const made = failing();
  logEvents(
    made,
    consoleLogger({ debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') }),
  );
  await made.settle(() => fails());
  expect(written[0]).toMatch(
    /^warn circuit breaker of stock: closed -> open \{"holdfast.pipeline":"stock",/,
  );
  expect(written[1]).toContain('"err":{"name":"TypeError","message":"down"}');
});

it('a logger that throws changes nothing in the call', async () => {
  const made = failing();
  const broken = () => {
    throw new Error('disk full');
  };
  logEvents(made, { debug: broken, info: broken, warn: broken, error: broken });
  expect(await made.settle(() => fails())).toMatchObject({ status: 'rejected' });
});

it('wrong arguments are named', () => {
  const { logger } = log();
  const made = pipeline('args');
  for (const wrong of [
    () => logEvents(undefined as never, logger),
    () => logEvents(made, undefined as never),
    () => logEvents(made, { log() {} } as never),
    () => logEvents(made, logger, { burst: 0 }),
    () => logEvents(made, logger, { every: -1 }),
    () => logEvents(made, logger, { bursts: 1 } as never),
  ]) {
    expect(wrong).toThrow(ConfigError);
  }
});
