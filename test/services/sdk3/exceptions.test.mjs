// Runs inside a project that installed the packed package and version 3 of the SDK: nothing here may know the repository.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logs } from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { pipeline } from 'holdfast';

test('an exception is a log record in the context of its span', async () => {
  process.env.OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN = 'logs';
  const records = new InMemoryLogRecordExporter();
  const processors = [new SimpleLogRecordProcessor({ exporter: records })];
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const tracerProvider = new TracerProvider({ spanProcessors });
  const telemetry = { spans: 'always', tracerProvider };
  const stock = pipeline({ name: 'stock', telemetry });
  const error = new TypeError('down');
  await stock.settle(() => Promise.reject(error));

  const [span] = exporter.getFinishedSpans();
  assert.deepEqual(span.events, []);
  const [record] = records.getFinishedLogRecords();
  assert.equal(record.eventName, 'holdfast.call.exception');
  assert.equal(record.severityNumber, 13);
  assert.deepEqual(record.attributes, {
    'holdfast.pipeline': 'stock',
    'holdfast.outcome': 'failure',
    'error.type': 'TypeError',
    'exception.type': 'TypeError',
    'exception.message': 'down',
    'exception.stacktrace': error.stack,
  });
  assert.equal(record.spanContext.spanId, span.spanContext().spanId);
});
