import * as own from '@opentelemetry/api';
import * as older from 'otel-api-1-8';
import * as newer from 'otel-api-1-10';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Metrics } from '../telemetry/support/sdk.js';

/**
 * An SDK registered with an older copy of @opentelemetry/api than holdfast's, or with one of another major version, heard nothing
 * of any pipeline, and nobody was told why.
 */

const KEY = Symbol.for('opentelemetry.js.api.1');
const KEY_2 = Symbol.for('opentelemetry.js.api.2');
const globals = globalThis as { [key: symbol]: unknown };

type Copy = typeof own;
const is = (copy: object) => copy as unknown as Copy;

let warnings: (Error & { code?: string })[];
const note = (warning: Error): void => {
  if ((warning as { code?: string }).code === 'HOLDFAST_OTEL_API') warnings.push(warning);
};

/** What one `diag` is told. */
function logger() {
  const said: string[] = [];
  const nothing = (): void => {};
  const warn = (message: string): void => void said.push(message);
  return { said, error: nothing, warn, info: nothing, debug: nothing, verbose: nothing };
}

/** holdfast as a process that has just started has it. */
async function fresh() {
  vi.resetModules();
  return await import('holdfast');
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  delete globals[KEY];
  delete globals[KEY_2];
  warnings = [];
  process.on('warning', note);
});
afterEach(() => {
  process.off('warning', note);
  delete globals[KEY];
  delete globals[KEY_2];
});

const REMEDY = /npm ls @opentelemetry\/api.*npm dedupe/;

it.each([
  ['metrics', (copy: Copy) => copy.metrics.setGlobalMeterProvider(new Metrics().provider)],
  ['traces', (copy: Copy) => copy.trace.setGlobalTracerProvider(new copy.ProxyTracerProvider())],
])(
  '%s of an older copy, registered before: one warning with both versions and the remedy',
  async (_what, register) => {
    const { pipeline } = await fresh();
    const diag = logger();
    is(older).diag.setLogger(diag, { suppressOverrideMessage: true });
    register(is(older));
    const stock = pipeline('stock');
    pipeline('prices');
    for (let i = 0; i < 100; i++) await stock.execute(() => i);
    await turn();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('version 1.8.0 of @opentelemetry/api');
    expect(warnings[0]?.message).toContain('holdfast has version 1.9.1');
    expect(warnings[0]?.message).toMatch(REMEDY);
    expect(diag.said).toEqual([warnings[0]?.message]);
  },
);

it('what is registered after the pipelines were made, and called for long, is noticed too', async () => {
  const { pipeline } = await fresh();
  const stock = pipeline('stock');
  for (let i = 0; i < 3_000; i++) await stock.execute(() => i);
  expect(warnings).toEqual([]);
  is(older).metrics.setGlobalMeterProvider(new Metrics().provider);
  for (let i = 0; i < 20; i++) await stock.execute(() => i);
  await turn();
  expect(warnings).toHaveLength(1);
});

it('a logger set by an older copy keeps a newer SDK from registering: that is noticed too', async () => {
  const { pipeline } = await fresh();
  is(older).diag.setLogger(logger(), { suppressOverrideMessage: true });
  expect(own.metrics.setGlobalMeterProvider(new Metrics().provider)).toBe(false);
  pipeline('stock');
  await turn();
  expect(warnings).toHaveLength(1);
});

/** A stand-in: there is no version 2 yet. */
it('so is an SDK of another major version', async () => {
  const { pipeline } = await fresh();
  const diag = logger();
  const stock = pipeline('stock');
  globals[KEY_2] = { version: '2.1.0', metrics: {}, diag };
  await stock.execute(() => 1);
  await turn();
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringContaining('version 2.1.0 of @opentelemetry/api'),
  ]);
  expect(diag.said).toHaveLength(1);
  expect(KEY in globalThis).toBe(false);
});

it.each([
  ['the same copy', own],
  ['a newer copy of the same major version', is(newer)],
])('%s fits: it is told everything, and there is no warning', async (_which, copy) => {
  const { pipeline } = await fresh();
  const sdk = new Metrics();
  const diag = logger();
  copy.diag.setLogger(diag, { suppressOverrideMessage: true });
  copy.metrics.setGlobalMeterProvider(sdk.provider);
  const registered = globals[KEY];
  await pipeline('stock').execute(() => 1);
  await turn();
  expect(await sdk.sum('holdfast.calls')).toBe(1);
  expect(warnings).toEqual([]);
  expect(diag.said).toEqual([]);
  expect(globals[KEY]).toBe(registered);
});

it('another major version beside one that fits is no reason to warn', async () => {
  const { pipeline } = await fresh();
  own.metrics.setGlobalMeterProvider(new Metrics().provider);
  globals[KEY_2] = { version: '2.1.0', metrics: {} };
  await pipeline('stock').execute(() => 1);
  await turn();
  expect(warnings).toEqual([]);
});

it('without any SDK, and with telemetry off, nothing is said', async () => {
  const { pipeline } = await fresh();
  await pipeline('stock').execute(() => 1);
  is(older).metrics.setGlobalMeterProvider(new Metrics().provider);
  await pipeline({ name: 'silent', telemetry: false }).execute(() => 1);
  await turn();
  expect(warnings).toEqual([]);
});
