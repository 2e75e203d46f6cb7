/** The real Prometheus scrapes a real service while its upstream fails and recovers. */
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as names from '../../build/telemetry/names.js';
import { alertsOf, alertsYaml } from '../../dashboards/alerts.js';
import { grafanaOf } from '../../dashboards/grafana.js';
import { queriesOf } from '../../dashboards/queries.js';

/** The shipped rules at a pace that a test can wait for. */
const PACE = { window: '5s', hold: '1s' };
const LIMIT_MS = 40_000;

const directory = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'));
let service;
let prometheus;
let base = '';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

before(async () => {
  service = fork(fileURLToPath(new URL('service.js', import.meta.url)));
  const [{ port }] = await once(service, 'message');
  writeFileSync(join(directory, 'alerts.yml'), alertsYaml(names, PACE));
  writeFileSync(
    join(directory, 'prometheus.yml'),
    // YAML takes JSON.
    JSON.stringify({
      global: { scrape_interval: '500ms', scrape_timeout: '400ms', evaluation_interval: '500ms' },
      rule_files: [join(directory, 'alerts.yml')],
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    }),
  );
  const own = await freePort();
  base = `http://127.0.0.1:${own}`;
  let said = '';
  prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  for (const stream of [prometheus.stdout, prometheus.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  await until('Prometheus is ready', async () => {
    if (prometheus.exitCode !== null) throw new Error(`Prometheus ended:\n${said}`);
    return (await fetch(`${base}/-/ready`).catch(() => undefined))?.ok === true;
  });
});

after(async () => {
  for (const child of [service, prometheus]) {
    if (child === undefined || child.exitCode !== null) continue;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  rmSync(directory, { recursive: true, force: true });
});

async function until(what, reached) {
  const end = Date.now() + LIMIT_MS;
  let last;
  while (Date.now() < end) {
    last = await reached();
    if (last === true) return;
    await sleep(250);
  }
  throw new Error(`not within ${LIMIT_MS / 1_000} s: ${what} (${JSON.stringify(last)})`);
}

async function api(path, parameters = {}) {
  const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const { status, data, error } = await response.json();
  assert.equal(status, 'success', error);
  return data;
}

/** The values of a query by pipeline. */
async function ask(query) {
  const { result } = await api('query', { query });
  return Object.fromEntries(
    result.map(({ metric, value }) => [metric.holdfast_pipeline, Number(value[1])]),
  );
}

const firing = async () => {
  const { alerts } = await api('alerts');
  return new Set(
    alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname),
  );
};

const q = queriesOf(names, PACE.window);
const rules = alertsOf(names, PACE).map(({ alert }) => alert);

test('in calm, the four golden signals have answers and no alert fires', async () => {
  await until('traffic of all pipelines', async () => {
    const traffic = await ask(q.traffic);
    return ['stock', 'prices', 'orders', 'reports'].every((name) => traffic[name] > 1) || traffic;
  });
  // A busy machine is slow at first.
  await until('the signals of calm, and no alert', async () => {
    const now = {
      latency: (await ask(q.latency(0.99))).stock,
      saturation: (await ask(q.saturation)).reports,
      errors: (await ask(q.errors)).stock ?? 0,
      alerts: [...(await firing())],
    };
    const { latency, saturation, errors, alerts } = now;
    const isCalm = latency > 0 && latency < 1 && saturation >= 0 && saturation < 0.5;
    return (isCalm && errors === 0 && alerts.length === 0) || now;
  });
});

test('in trouble, the signals show it and every alert that is shipped fires', async () => {
  service.send('trouble');
  await until('every alert fires', async () => {
    const now = await firing();
    const missing = rules.filter((rule) => !now.has(rule));
    return missing.length === 0 || missing;
  });
  const errors = await ask(q.errors);
  assert.ok(errors.stock > 0.5, `errors: ${errors.stock}`);
  const latency = await ask(q.latency(0.99));
  assert.ok(latency.reports > 1, `latency: ${latency.reports}`);
  const saturation = await ask(q.saturation);
  assert.equal(saturation.reports, 1);
  assert.ok((await ask(q.notClosed)).stock === 1);
  assert.ok((await ask(q.degraded)).prices > 0.5);
});

test('every query of the dashboard is one that Prometheus answers', async () => {
  const targets = grafanaOf(names).panels.flatMap((panel) => panel.targets ?? []);
  assert.ok(targets.length > 15);
  // Nothing hedges here, no breaker judges slowness: those stay empty.
  const empty = [];
  for (const { expr, legendFormat } of targets) {
    const query = expr
      .replaceAll('$__rate_interval', PACE.window)
      .replaceAll('"$job"', '".*"')
      .replaceAll('"$pipeline"', '".*"');
    const { result } = await api('query', { query });
    if (result.length === 0) empty.push(legendFormat.split(' ').at(-1));
  }
  assert.deepEqual(empty, ['slow', 'hedges']);
});

test('when the upstream is well again, every alert clears', async () => {
  service.send('calm');
  await until('no alert fires', async () => {
    const now = [...(await firing())];
    return now.length === 0 || now;
  });
});
