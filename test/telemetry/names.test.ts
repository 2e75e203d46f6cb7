import { readFileSync } from 'node:fs';
import { DataPointType } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { attribute, metric, SPAN_PREFIX, spanEvent, VERSION } from '../../src/telemetry/names.js';
import { everything } from './support/everything.js';
import { Metrics, Traces, unregister } from './support/sdk.js';

afterEach(unregister);

const KIND = {
  counter: DataPointType.SUM,
  gauge: DataPointType.GAUGE,
  histogram: DataPointType.HISTOGRAM,
};

it('every metric of the table is emitted as it says there, and none besides', async () => {
  const sdk = new Metrics().register();
  const kept = await everything('all');
  const shapes = await sdk.shapes();
  const table = Object.values(metric);
  expect([...shapes.keys()].sort()).toEqual(table.map(({ name }) => name).sort());
  for (const { name, kind, unit, attributes } of table) {
    const shape = shapes.get(name);
    expect(shape?.type, name).toBe(KIND[kind]);
    expect(shape?.unit, name).toBe(unit);
    expect([...(shape?.labels ?? [])].sort(), name).toEqual(
      [attribute.pipeline, ...attributes].sort(),
    );
  }
  expect(kept).toBeDefined();
});

it('every span event of the table is emitted as it says there, and none besides', async () => {
  const traces = new Traces().register();
  await everything('all');
  const events = traces
    .named(SPAN_PREFIX)
    .flatMap((span) => span.events)
    .filter(({ name }) => name !== 'exception');
  const table = Object.values(spanEvent);
  expect([...new Set(events.map(({ name }) => name))].sort()).toEqual(
    table.map(({ name }) => name).sort(),
  );
  for (const { name, attributes } of table) {
    const told = events
      .filter((event) => event.name === name)
      .flatMap((event) => Object.keys(event.attributes ?? {}));
    expect([...attributes], name).toEqual(expect.arrayContaining([...new Set(told)]));
  }
});

it('the version it reports is that of the package', () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(VERSION).toBe(JSON.parse(manifest).version);
});
