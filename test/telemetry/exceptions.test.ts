import { diag, SpanStatusCode } from '@opentelemetry/api';
import { logs } from '@opentelemetry/api-logs';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import { logs as logsOfNewer } from 'otel-api-1-10';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Traces, unregister } from './support/sdk.js';

const SWITCH = 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN';

class Gone extends Error {
  code = 'ECONNRESET';
}

/** The real SDK's logs, kept in memory. */
class Logs {
  readonly exporter = new InMemoryLogRecordExporter();
  readonly provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: this.exporter })],
  });

  get records() {
    return this.exporter.getFinishedLogRecords();
  }
}

/** Where the logs API is: in a package of its own beside API 1.9, and in API 1.10. */
const PLACES = [
  ['@opentelemetry/api-logs', ({ provider }: Logs) => void logs.setGlobalLoggerProvider(provider)],
  [
    'API 1.10',
    ({ provider }: Logs) => {
      // Its copy registers first: only copies of one version register together.
      delete (globalThis as { [key: symbol]: unknown })[Symbol.for('opentelemetry.js.api.1')];
      expect(logsOfNewer.setGlobalLoggerProvider(provider as never)).toBe(true);
    },
  ],
] as const;

let traces: Traces;
beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllEnvs();
  logs.disable();
  logsOfNewer.disable();
  unregister();
  delete (globalThis as { [key: symbol]: unknown })[Symbol.for('opentelemetry.js.api.1')];
});

const request = <T>(run: () => T): T =>
  traces.provider.getTracer('test').startActiveSpan('request', (span) => {
    try {
      return run();
    } finally {
      span.end();
    }
  });

/** Lets a call of the pipeline end with an error. holdfast reads the environment when it is first needed. */
async function failWith(error: unknown, options: object = {}) {
  const { pipeline } = await import('holdfast');
  const telemetry = { spans: 'always', tracerProvider: traces.provider, ...options } as const;
  const stock = pipeline({ name: 'stock', telemetry });
  await request(() => stock.settle(() => Promise.reject(error)));
  const [span] = traces.named('holdfast stock');
  return span;
}

const namesOf = (span: Awaited<ReturnType<typeof failWith>>) =>
  span?.events.map(({ name }) => name) ?? [];

describe.each(PLACES)('exceptions with the logs API of %s', (_place, registerAt) => {
  let kept: Logs;
  beforeEach(() => {
    kept = new Logs();
    registerAt(kept);
    traces = new Traces();
  });

  it('go to the log alone with "logs", in the context of the span', async () => {
    vi.stubEnv(SWITCH, 'logs');
    const error = new Gone('reset');
    const span = await failWith(error, { attributes: { tier: 'gold' } });
    expect(namesOf(span)).toEqual([]);
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'reset' });
    expect(kept.records).toHaveLength(1);
    const [record] = kept.records;
    expect(record).toMatchObject({
      eventName: 'holdfast.call.exception',
      severityNumber: 13,
      severityText: 'WARN',
      instrumentationScope: { name: 'holdfast' },
      attributes: {
        'exception.type': 'Gone',
        'exception.message': 'reset',
        'exception.stacktrace': error.stack,
        'error.type': 'ECONNRESET',
        'holdfast.pipeline': 'stock',
        'holdfast.outcome': 'failure',
        tier: 'gold',
      },
    });
    expect(record?.spanContext).toMatchObject({
      spanId: span?.spanContext().spanId,
      traceId: span?.spanContext().traceId,
    });
  });

  it('go to both with "logs/dup"', async () => {
    vi.stubEnv(SWITCH, ' LOGS/dup ');
    expect(namesOf(await failWith(new TypeError('down')))).toEqual(['exception']);
    expect(kept.records.map(({ attributes }) => attributes['exception.type'])).toEqual([
      'TypeError',
    ]);
  });

  it.each([undefined, '', 'yes'])('stay on the span with %j', async (value) => {
    vi.stubEnv(SWITCH, value);
    expect(namesOf(await failWith(new TypeError('down')))).toEqual(['exception']);
    expect(kept.records).toEqual([]);
  });

  it('are those that spans had: no refusal, nothing that was no error, nothing a retry made good', async () => {
    vi.stubEnv(SWITCH, 'logs');
    const { CircuitIsolatedError, circuitBreaker, ConstantBackoff, pipeline, retry } = await import(
      'holdfast'
    );
    const telemetry = { spans: 'always', tracerProvider: traces.provider } as const;
    const breaker = circuitBreaker();
    const stock = pipeline({ name: 'stock', telemetry }, breaker);
    breaker.isolate();
    const refused = await stock.settle(() => 1);
    expect(refused).toMatchObject({ reason: expect.any(CircuitIsolatedError) });
    await failWith('no error');
    let calls = 0;
    const again = retry({ backoff: new ConstantBackoff(0) });
    const flaky = () => (++calls === 1 ? Promise.reject(new Error('once')) : 1);
    await pipeline({ name: 'flaky', telemetry }, again).execute(flaky);
    expect(kept.records).toEqual([]);
  });

  it('without a sampled span none is written, as none was', async () => {
    vi.stubEnv(SWITCH, 'logs');
    await failWith(new TypeError('down'), { spans: 'never' });
    expect(kept.records).toEqual([]);
  });
});

describe('exceptions where the logs API has nothing registered', () => {
  it.each(['logs', 'logs/dup'])('stay on the span with %j', async (value) => {
    traces = new Traces();
    vi.stubEnv(SWITCH, value);
    expect(namesOf(await failWith(new TypeError('down')))).toEqual(['exception']);
  });

  it('find a provider that is registered later', async () => {
    traces = new Traces();
    vi.stubEnv(SWITCH, 'logs');
    await failWith(new TypeError('down'));
    const kept = new Logs();
    logs.setGlobalLoggerProvider(kept.provider);
    await failWith(new TypeError('down again'));
    expect(kept.records.map(({ attributes }) => attributes['exception.message'])).toEqual([
      'down again',
    ]);
  });
});

it('the environment is read once, and a word that is none is told', async () => {
  traces = new Traces();
  const warn = vi.fn();
  const nothing = (): void => {};
  diag.setLogger(
    { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing },
    { suppressOverrideMessage: true },
  );
  vi.stubEnv(SWITCH, 'both');
  await failWith(new TypeError('down'));
  await failWith(new TypeError('down'));
  expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(`${SWITCH} must be .* "both"`)]);
  diag.disable();
});

it('a logs SDK that throws ends the span all the same', async () => {
  traces = new Traces();
  vi.stubEnv(SWITCH, 'logs');
  logs.setGlobalLoggerProvider({
    getLogger() {
      throw new Error('no logs');
    },
  });
  const span = await failWith(new TypeError('down'));
  expect(span?.ended).toBe(true);
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
});
