import { readFileSync } from 'node:fs';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import * as names from '../../src/telemetry/names.js';
import { everything } from './support/everything.js';
import { unregister } from './support/sdk.js';

afterEach(unregister);

const at = (path: string) => new URL(`../../dashboards/${path}`, import.meta.url);
const shipped = (path: string) => readFileSync(at(path), 'utf8');

it('the shipped files are what the table of names makes of them', async () => {
  const { alertsYaml } = (await import(at('alerts.js').href)) as {
    alertsYaml(of: typeof names): string;
  };
  const { grafanaOf } = (await import(at('grafana.js').href)) as {
    grafanaOf(of: typeof names): object;
  };
  // Else: npm run dashboards.
  expect(shipped('alerts.yml')).toBe(alertsYaml(names));
  expect(JSON.parse(shipped('grafana.json'))).toEqual(grafanaOf(names));
});

it('each name in them is one that the real exporter for Prometheus writes', async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  const kept = await everything('shown');
  const { resourceMetrics } = await exporter.collect();
  const text = new PrometheusSerializer().serialize(resourceMetrics);
  const written = new Set(
    [...text.matchAll(/^(holdfast_\w+)\{([^}]*)\}/gm)].flatMap(([, name = '', labels = '']) => [
      name,
      ...[...labels.matchAll(/(\w+)="/g)].map(([, label]) => label),
    ]),
  );
  expect(written).toContain('holdfast_calls_total');
  const used = ['alerts.yml', 'grafana.json'].flatMap((file) => [
    ...shipped(file)
      .replaceAll(/\((?:_seconds|_ratio)\)\?/g, '')
      .matchAll(/\b(?:holdfast_\w+|error_type)\b/g),
  ]);
  expect(used.length).toBeGreaterThan(50);
  expect(used.map(([name]) => name).filter((name) => !written.has(name))).toEqual([]);
  expect(kept).toBeDefined();
});

it('every metric is on the dashboard', () => {
  const dashboard = shipped('grafana.json');
  for (const { name } of Object.values(names.metric)) {
    expect(dashboard).toContain(name.replaceAll('.', '_'));
  }
});

it('no panel is over another one, or too narrow to read', () => {
  const { panels } = JSON.parse(shipped('grafana.json')) as {
    panels: { title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  const taken = new Map<string, string>();
  for (const { title, gridPos } of panels) {
    const { x, y, w, h } = gridPos;
    // Grafana's grid has 24 whole columns.
    expect([x, y, w, h].every(Number.isInteger), title).toBe(true);
    expect(w, title).toBeGreaterThanOrEqual(6);
    expect(x + w, title).toBeLessThanOrEqual(24);
    for (let column = x; column < x + w; column++) {
      for (let row = y; row < y + h; row++) {
        expect(taken.get(`${column} ${row}`), title).toBeUndefined();
        taken.set(`${column} ${row}`, title);
      }
    }
  }
});
