import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Built, build } from '../cli/built.js';

/** Notes each module that is loaded, and has the one that `FAILS` names fail, or never come. */
const HOOKS = `
import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  const [slow, name] = process.env.FAILS.split(':');
  if (slow === 'slow' && url.endsWith(name)) {
    // Not here: on Node 26 the process stands still until this answers.
    const module = await next(url, context);
    return { ...module, source: 'await new Promise(() => setInterval(() => {}, 1e6));' + module.source };
  }
  if (process.env.FAILS && url.endsWith(process.env.FAILS)) throw new Error('not there');
  return next(url, context);
}`;

/** An SDK as an application registers it, and what it was told as JSON. */
const SDK = `
import { context, diag, metrics, trace } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 1e6 })] });
const finished = new InMemorySpanExporter();
const faults = [];
function register() {
  const silent = () => {};
  diag.setLogger({ verbose: silent, debug: silent, info: silent, warn: silent, error: (message) => faults.push(message) });
  metrics.setGlobalMeterProvider(meterProvider);
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(finished)] }).register();
}
const within = (name, run) => trace.getTracer('test').startActiveSpan(name, async (span) => {
  try { return await run(); } finally { span.end(); }
});
/** Right after the last call, as a process that ends would. */
async function told() {
  await meterProvider.forceFlush();
  const all = points.getMetrics().at(-1)?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
  const valuesOf = (name) => all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
  const sum = (name) => valuesOf(name).reduce((sum, { value }) => sum + (value.count ?? value), 0);
  const spans = finished.getFinishedSpans();
  const nameOf = (id) => spans.find((span) => span.spanContext().spanId === id)?.name;
  return {
    calls: sum('holdfast.calls'),
    tiers: Object.fromEntries(valuesOf('holdfast.calls').filter(({ value }) => value > 0).map(({ attributes, value }) => [attributes.tier, value])),
    durations: sum('holdfast.call.duration'),
    spans: spans.map(({ name, parentSpanContext, events }) => ({ name, in: nameOf(parentSpanContext?.spanId), events: events.map((event) => event.name) })),
    faults,
  };
}
`;

interface Told {
  readonly calls: number;
  readonly tiers: Record<string, number>;
  readonly durations: number;
  readonly spans: readonly { name: string; in?: string; events: string[] }[];
  readonly faults: readonly string[];
}

describe('the built package, in a process of its own', () => {
  let built: Built;
  let directory: string;
  let runs = 0;

  beforeAll(async () => {
    built = await build();
    directory = join(built.file('.'), '..');
    writeFileSync(join(directory, 'hooks.mjs'), HOOKS);
  }, 180_000);
  afterAll(() => built.remove());

  /** Runs a script, and answers what it printed last, as JSON, and the modules that were loaded until then. */
  async function run<T>(
    script: string,
    fails = '',
  ): Promise<{ readonly out: T; readonly loaded: string[] }> {
    const id = ++runs;
    const list = join(directory, `loaded-${id}.txt`);
    writeFileSync(list, '');
    const file = join(directory, `script-${id}.mjs`);
    writeFileSync(file, script);
    const hooks = pathToFileURL(join(directory, 'hooks.mjs')).href;
    const main = `import { register } from 'node:module'; register('${hooks}'); await import('${pathToFileURL(file).href}');`;
    const out = await new Promise<string>((resolve, reject) => {
      const env = { ...process.env, LOADED: list, FAILS: fails, NODE_OPTIONS: '' };
      const args = ['--input-type=module', '-e', main];
      execFile(process.execPath, args, { cwd: directory, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${stderr}\n${stdout}`)),
      );
    });
    return { out: JSON.parse(out) as T, loaded: readFileSync(list, 'utf8').split('\n') };
  }

  const ofTelemetry = (loaded: readonly string[]): string[] =>
    loaded.filter((url) => /@opentelemetry\/api|\/telemetry\/(?:reporting|meters|watch)/.test(url));

  it('without an SDK, neither the API nor what reports to it is loaded, however many calls come', async () => {
    const { out, loaded } = await run<number>(
      `
      import { circuitBreaker, keyed, pipeline, retry, standard } from './dist/index.js';
      import { resilientFetch } from './dist/fetch/index.js';
      const made = pipeline('a', retry(), circuitBreaker());
      for (let i = 0; i < 3_000; i++) await made.execute(() => i);
      const byKey = keyed(pipeline({ name: 'b', telemetry: { spans: 'always', attributes: (key) => ({ key }) } }, ...standard()));
      await byKey.execute('x', () => 1);
      await resilientFetch({ name: 'c' }).read('data:,x', (response) => response.text()).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(3);`,
    );
    expect(out).toBe(3);
    expect(loaded.some((url) => url.endsWith('/dist/telemetry/pipeline-telemetry.js'))).toBe(true);
    expect(ofTelemetry(loaded)).toEqual([]);
    expect(loaded.filter((url) => /\/zod\/v4\/classic\//.test(url))).toEqual([]);
  });

  it('an SDK registered before the first pipeline is told of the first call: counted, timed, and traced in its place', async () => {
    const { out } = await run<Told>(`
      ${SDK}
      register();
      const { keyed, pipeline, retry } = await import('./dist/index.js');
      let tries = 0;
      const made = pipeline('first', retry({ backoff: () => 0 }));
      const byKey = keyed(pipeline({ name: 'keyed', telemetry: { attributes: (key) => ({ tier: key }) } }, retry()));
      await within('request', () => Promise.all([
        made.execute(() => within('query', async () => { if (tries++ === 0) throw new Error('once'); })),
        byKey.execute('gold', () => 1),
        byKey.settle('lead', () => 1),
      ]));
      console.log(JSON.stringify(await told()));`);
    expect(out).toMatchObject({ calls: 3, durations: 3, faults: [] });
    expect(out.tiers).toEqual({ undefined: 1, gold: 1, lead: 1 });
    const call = out.spans.find(({ name }) => name === 'holdfast first');
    expect(call?.in).toBe('request');
    expect(call?.events).toContain('holdfast.retry');
    expect(out.spans.filter(({ name }) => name === 'query').map((span) => span.in)).toEqual([
      'holdfast first',
      'holdfast first',
    ]);
    expect(out.spans.filter(({ name }) => name === 'holdfast keyed')).toHaveLength(2);
  });

  it('a call that is refused while telemetry is loaded is traced all the same', async () => {
    const { out } = await run<Told & { readonly error: string }>(`
      ${SDK}
      register();
      const { circuitBreaker, pipeline } = await import('./dist/index.js');
      const breaker = circuitBreaker();
      breaker.isolate();
      const made = pipeline('first', breaker);
      const error = await within('request', () => made.execute(() => 1).catch(({ code }) => code));
      await made.settle(() => 1);
      for (let i = 0; i < 100 && (await told()).calls < 2; i++) await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(JSON.stringify({ ...(await told()), error }));`);
    expect(out).toMatchObject({ calls: 2, durations: 2, error: 'ERR_CIRCUIT_ISOLATED' });
    expect(out.spans).toContainEqual(
      expect.objectContaining({ name: 'holdfast first', in: 'request' }),
    );
  });

  it('an SDK registered after some calls is told of those, too', async () => {
    const { out, loaded } = await run<Told>(`
      import { pipeline, retry } from './dist/index.js';
      ${SDK}
      const made = pipeline('late', retry());
      for (let i = 0; i < 100; i++) await made.execute(() => i);
      register();
      for (let i = 0; i < 20; i++) await within('request', () => made.execute(() => i));
      console.log(JSON.stringify(await told()));`);
    expect(out).toMatchObject({ calls: 120, faults: [] });
    const traced = out.spans.filter((span) => span.name === 'holdfast late');
    // One call in sixteen looks whether somebody is there by now.
    expect(traced.length).toBeGreaterThanOrEqual(5);
    expect(traced.every((span) => span.in === 'request')).toBe(true);
    expect(out.durations).toBe(traced.length);
    expect(ofTelemetry(loaded)).not.toEqual([]);
  });

  it('telemetry: false loads nothing, whatever is registered', async () => {
    const { loaded } = await run<number>(`
      ${SDK}
      register();
      const { pipeline, retry } = await import('./dist/index.js');
      const made = pipeline({ name: 'a', telemetry: false }, retry());
      for (let i = 0; i < 100; i++) await made.execute(() => i);
      await new Promise((resolve) => setTimeout(resolve, 20));
      console.log(1);`);
    expect(loaded.filter((url) => url.includes('/telemetry/reporting'))).toEqual([]);
  });

  it('abort and deadline hold for a call that waits for telemetry, and its operation is not called any more', async () => {
    const { out } = await run<{ reason: string; late: string; called: number; done: number }>(`
      ${SDK}
      register();
      const { pipeline, retry } = await import('./dist/index.js');
      const made = pipeline('first', retry());
      const stop = new AbortController();
      let called = 0;
      const operation = () => { called++; return 1; };
      const call = made.execute(operation, { signal: stop.signal });
      const late = made.execute(() => new Promise(() => {}), { timeout: 5 }).catch(({ code }) => code);
      stop.abort('stopped');
      const reason = await call.catch((reason) => reason);
      const done = await made.execute(() => 5);
      console.log(JSON.stringify({ reason, late: await late, called, done }));`);
    expect(out).toEqual({ reason: 'stopped', late: 'ERR_TIMEOUT', called: 0, done: 5 });
  });

  it('a call that has little time waits for half of it', async () => {
    const { out } = await run<{ readonly before: boolean; readonly value: number }>(
      `
      ${SDK}
      register();
      const { pipeline, timeout } = await import('./dist/index.js');
      const made = pipeline('first', timeout('400ms'));
      const started = performance.now();
      let waited;
      const value = await made.execute(() => { waited = performance.now() - started; return 1; });
      process.stdout.write(JSON.stringify({ before: waited >= 199, value }), () => process.exit());`,
      'slow:/telemetry/reporting.js',
    );
    expect(out).toEqual({ before: true, value: 1 });
  });

  it('a subscriber of a channel hears of the first call, without any SDK', async () => {
    const { out } = await run<string[]>(`
      import { subscribe } from 'node:diagnostics_channel';
      const heard = [];
      for (const name of ['call', 'attempt']) subscribe('holdfast:' + name, ({ type, outcome }) => heard.push(type + ' ' + outcome));
      const { pipeline, retry } = await import('./dist/index.js');
      await pipeline('a', retry()).execute(() => 1);
      console.log(JSON.stringify(heard));`);
    expect(out).toEqual(['attempt success', 'call success']);
  });

  it('where it cannot be loaded, that is reported once and calls go on', async () => {
    const { out } = await run<Told & { readonly values: number[] }>(
      `
      ${SDK}
      register();
      const { pipeline, retry } = await import('./dist/index.js');
      const made = pipeline('first', retry());
      const values = [await made.execute(() => 1), await made.execute(() => 2)];
      console.log(JSON.stringify({ ...(await told()), values }));`,
      '/telemetry/reporting.js',
    );
    expect(out.values).toEqual([1, 2]);
    expect(out.faults).toEqual([expect.stringContaining('telemetry could not be loaded')]);
  });

  it("whoever imports 'holdfast/telemetry' has it at once: no call waits", async () => {
    const { out } = await run<Told & { readonly called: boolean }>(`
      ${SDK}
      import './dist/telemetry/index.js';
      import { pipeline, retry } from './dist/index.js';
      register();
      const made = pipeline('first', retry());
      let called = false;
      const call = made.execute(() => { called = true; });
      const atOnce = called;
      await call;
      console.log(JSON.stringify({ ...(await told()), called: atOnce }));`);
    expect(out).toMatchObject({ calls: 1, durations: 1, called: true });
  });
});
