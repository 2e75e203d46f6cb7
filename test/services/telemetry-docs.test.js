/** The set-ups that docs/telemetry.md shows, run as they stand there, each with the version of the SDK that it is for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { testInProject } from './project.js';

const page = readFileSync(new URL('../../docs/telemetry.md', import.meta.url), 'utf8');

/** The block with such a fence, with the port left to the system. */
function setUp(fence) {
  const block = page.match(new RegExp(`^\`\`\`${fence}\n([^]*?)^\`\`\`$`, 'm'))?.[1];
  assert.ok(block?.includes('port: 9464'), `no block "${fence}", or none with a port`);
  return block.replace('port: 9464', "port: Number(process.env['PROMETHEUS_PORT'])");
}

/** What a block imports, at the version of its SDK. */
const versions = {
  'ts sdk3': {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/context-async-hooks': '3.1.1',
    '@opentelemetry/core': '3.1.1',
    '@opentelemetry/exporter-prometheus': '0.301.0',
    '@opentelemetry/exporter-trace-otlp-http': '0.301.0',
    '@opentelemetry/instrumentation-undici': '0.34.0',
    '@opentelemetry/sdk-metrics': '3.1.1',
    '@opentelemetry/sdk-trace': '3.1.1',
  },
  'ts sdk2': {
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/exporter-prometheus': '0.223.0',
    '@opentelemetry/exporter-trace-otlp-http': '0.223.0',
    '@opentelemetry/instrumentation-undici': '0.33.0',
    '@opentelemetry/sdk-metrics': '2.12.0',
    '@opentelemetry/sdk-trace-node': '2.12.0',
  },
};

for (const [fence, dependencies] of Object.entries(versions)) {
  test(`the set-up fenced "${fence}" reports metrics and traces`, { timeout: 120_000 }, () => {
    const code = setUp(fence);
    const imported = [...code.matchAll(/from '(@opentelemetry\/[^']+)'/g)].map(([, name]) => name);
    assert.deepEqual(imported.sort(), Object.keys(dependencies).sort());
    testInProject({
      folder: 'telemetry-docs',
      dependencies,
      node: fence === 'ts sdk3' ? '24' : undefined,
      files: { 'set-up.mjs': code },
    });
  });
}
