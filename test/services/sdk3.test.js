/** The packed package beside version 3 of OpenTelemetry's SDK, which needs a newer Node than holdfast does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const NODE = '24';
const dependencies = {
  '@opentelemetry/api': '1.10.0',
  '@opentelemetry/context-async-hooks': '3.1.1',
  '@opentelemetry/instrumentation-undici': '0.34.0',
  '@opentelemetry/sdk-metrics': '3.1.1',
  '@opentelemetry/sdk-trace': '3.1.1',
};

const root = fileURLToPath(new URL('../../', import.meta.url));
const consumer = fileURLToPath(new URL('./sdk3', import.meta.url));

// npm and node's test runner tell their children whose they are; the project made here is nobody's.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command)|npm_config_local_prefix|INIT_CWD|NODE_)/i.test(name),
  ),
);

function must(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, error?.message ?? `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

test(`metrics and traces with SDK 3 on Node ${NODE}`, { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-sdk3-'));
  try {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
    const [tarball] = Object.values(JSON.parse(must('npm', args, root)));
    cpSync(consumer, directory, { recursive: true });
    const manifest = { private: true, type: 'module', dependencies };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    const file = join(directory, tarball.filename);
    const install = `npm install --no-audit --no-fund --prefer-offline ${file}`;
    const run = 'node --test --test-reporter=spec consumer.test.mjs';
    must('npx', ['-y', '-p', `node@${NODE}`, '-c', `${install} && ${run}`], directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
