import { inspect } from 'node:util';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { type } from 'arktype';
import { type AnySchema, type ContractReport, defineService } from 'holdfast/services';
import { logEvents } from 'holdfast/telemetry';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { origin } from './support/origin.js';

/** Nothing of a payload may be seen in an error, a report, an event, a log line or a span, wherever in the payload it was. */

const server = origin();
const CANARY = /canary|4711\.?0815/i;

const payload = {
  text: 'canary-text',
  number: 4711,
  choice: 'canary-choice',
  fixed: 'canary-fixed',
  list: ['canary-item', { deep: 'canary-deep' }],
  people: { 'canary-key': 'canary-value', canary: { 'canary key': 4711.0815 } },
  mail: 'canary@',
  ruled: 'canary-ruled',
  union: { canary: true },
  'canary-unknown': 'canary',
};

const zodSchema = z.strictObject({
  text: z.number(),
  number: z.string(),
  choice: z.enum(['a', 'b']),
  fixed: z.literal('a'),
  list: z.array(z.object({ deep: z.number() })),
  people: z.record(z.string(), z.number()),
  mail: z.email(),
  ruled: z.string().refine(() => false, { error: (issue) => `bad ${String(issue.input)}` }),
  union: z.union([z.string(), z.number()]),
});
const valibotSchema = v.strictObject({
  text: v.number(),
  number: v.string(),
  choice: v.picklist(['a', 'b']),
  fixed: v.literal('a'),
  list: v.array(v.object({ deep: v.number() })),
  people: v.record(v.string(), v.number()),
  mail: v.pipe(v.string(), v.email()),
  ruled: v.pipe(
    v.string(),
    v.check(
      () => false,
      (issue) => `bad ${issue.input}`,
    ),
  ),
  union: v.union([v.string(), v.number()]),
});
const arktypeSchema = type({
  text: 'number',
  number: 'string',
  choice: "'a'|'b'",
  fixed: "'a'",
  list: type({ deep: 'number' }).array(),
  people: 'Record<string, number>',
  mail: 'string.email',
  ruled: type('string').narrow((value, context) => context.mustBe(`other than ${value}`)),
  union: 'string|number',
  '+': 'reject',
});
/** A schema that tells everything it knows, in every field. */
const talkative: AnySchema = {
  '~standard': {
    version: 1,
    vendor: 'canary',
    validate: (value) => {
      const said = JSON.stringify(value);
      const issue = {
        message: said,
        expected: said,
        received: said,
        code: 'canary',
        type: 'canary',
        format: said,
        input: value,
        path: ['people', 'canary-key', { key: 'canary' }, 4711, Symbol('canary')],
      };
      return {
        issues: [
          issue,
          { ...issue, path: ['canary'] },
          { message: 'canary', expected: 'canary', path: [4711] },
        ],
      };
    },
  },
};
const throwing: AnySchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      throw Object.assign(new RangeError(JSON.stringify(value)), { name: 'canary', value });
    },
  },
};

const schemas = { zodSchema, valibotSchema, arktypeSchema, talkative, throwing };

async function everythingAbout(
  schema: AnySchema,
  side: 'request' | 'response',
  mode: 'enforce' | 'warn',
) {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
  const reports: ContractReport[] = [];
  const seen: unknown[] = [];
  const made = defineService('canaries', {
    baseUrl: server.url,
    registry: false,
    telemetry: { tracerProvider, spans: 'always' },
    contract: { mode, unknownFields: 'report', onReport: (report) => reports.push(report) },
    policies: { retry: { maxRetries: 1, initialDelay: 0 } },
    operations: {
      call: {
        method: 'POST',
        path: '/people/:name',
        body: side === 'request' ? schema : z.unknown(),
        response: side === 'response' ? schema : z.unknown(),
        errors: { 418: side === 'response' ? schema : z.unknown() },
        idempotent: true,
      },
    },
  });
  // The results are the payload, and belong to the caller.
  made.$.on((event) => seen.push({ ...event, value: undefined }));
  const line = (object: object, message: string) => seen.push(object, message);
  logEvents(made.$ as never, { debug: line, info: line, warn: line, error: line });
  const errors: unknown[] = [];
  for (const answer of [
    () => server.json(payload),
    () => server.json(payload, 418),
    () => server.json(payload, 503),
    () => server.raw('{"canary', { 'content-type': 'application/json' }),
    () => server.raw('canary', { 'content-type': 'text/canary' }),
    () => {
      server.answer = (response) => response.destroy();
    },
  ]) {
    answer();
    await made
      .call({ params: { name: 'canary-name' }, body: payload } as never)
      .catch((error) => errors.push(error));
  }
  made.$.dispose();
  const finished = spans.getFinishedSpans().slice();
  await tracerProvider.shutdown();
  return { errors, reports, seen, spans: finished };
}

const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 10 }),
    JSON.stringify(value, (_key, each) =>
      each instanceof Error ? { ...each, message: each.message, stack: each.stack } : each,
    ),
    String(value),
  ].join('\n');

const textsOf = (error: unknown): string => {
  const { message, stack, cause } = error as Error;
  return [shown(error), message, stack, shown(cause)].join('\n');
};

describe.each(Object.entries(schemas))('%s', (_name, schema) => {
  it.each([
    ['request', 'enforce'],
    ['request', 'warn'],
    ['response', 'enforce'],
    ['response', 'warn'],
  ] as const)('N9: tells nothing of a payload: %s, %s', async (side, mode) => {
    const { errors, reports, seen, spans } = await everythingAbout(schema, side, mode);
    expect(errors.length).toBeGreaterThan(1);
    expect(reports.length).toBeGreaterThan(0);
    for (const error of errors) expect(textsOf(error)).not.toMatch(CANARY);
    for (const told of [reports, seen]) expect(shown(told)).not.toMatch(CANARY);
    for (const { name, attributes, events, status } of spans) {
      expect(shown({ name, attributes, events, status })).not.toMatch(CANARY);
    }
    if (side === 'request' && mode === 'enforce') expect(spans).toHaveLength(0);
    else expect(spans.length).toBeGreaterThan(0);
  });
});

describe('errors of the platform', () => {
  it('N9: show nothing of what was sent or received', async () => {
    const seen: unknown[] = [];
    const line = (object: object, message: string) => seen.push(object, message);
    const errors: unknown[] = [];
    for (const answer of [
      // What a parser of HTTP could not read.
      'canary\r\n\r\n',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n"cana\r\ncanary\r\n',
      // An address that could not be.
      'HTTP/1.1 302 Found\r\nlocation: http://canary:canary@[canary\r\ncontent-length: 0\r\n\r\n',
    ]) {
      server.answer = (response) => response.socket?.end(answer);
      const made = defineService('canaries', {
        baseUrl: server.url,
        registry: false,
        policies: { retry: false },
        operations: {
          get: {
            method: 'GET',
            path: '/people/:name',
            query: z.object({ canary: z.string() }),
            as: 'text',
          },
        },
      });
      made.$.on((event) => seen.push(event));
      logEvents(made.$ as never, { debug: line, info: line, warn: line, error: line });
      await made
        .get({ params: { name: 'canary' }, query: { canary: 'canary' } })
        .catch((error) => errors.push(error));
      made.$.dispose();
    }
    expect(errors).toHaveLength(3);
    for (const error of errors) expect(textsOf(error)).not.toMatch(CANARY);
    // A Response is the payload, and belongs to the caller.
    expect(shown(seen.map((each) => ({ ...Object(each), value: undefined })))).not.toMatch(CANARY);
  });
});

describe('what is told instead', () => {
  it.each([
    ['zod', zodSchema],
    ['valibot', valibotSchema],
    ['arktype', arktypeSchema],
  ] as const)('N9: is where the fault is, and its kind: %s', async (_name, schema) => {
    const { reports } = await everythingAbout(schema, 'request', 'enforce');
    const texts = reports[0]?.faults.map(({ path, message }) => `${path}: ${message}`);
    expect(texts).toEqual(
      expect.arrayContaining([
        'body.text: expected number, got string',
        'body.number: expected string, got number',
        'body.list[0]: expected object, got string',
        'body.list[1].deep: expected number, got string',
        'body.people.*: expected number, got string',
      ]),
    );
    for (const field of ['choice', 'fixed', 'mail', 'ruled', 'union']) {
      expect(texts?.some((text) => text.startsWith(`body.${field}: `))).toBe(true);
    }
  });
});
