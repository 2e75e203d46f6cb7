/**
 * Tests against what is not part of a checkout, `npm run test:services`: the real Prometheus, RabbitMQ, Redis and PostgreSQL, and
 * version 3 of OpenTelemetry's SDK on the Node it needs. Installs the servers (Debian's packages) that are missing, and says so when
 * it cannot. Needs dist/ (npm run build). Behind `--`: names of some tests.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installMissing } from './packages.js';

const here = fileURLToPath(new URL('./', import.meta.url));
const SUFFIX = '.test.js';

const { missing, failure } = installMissing();
if (missing.length > 0) {
  console.error(
    `These tests need the Debian packages ${missing.join(', ')}, which could not be installed.\n${failure ?? ''}`,
  );
  process.exit(1);
}

const all = readdirSync(here)
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`no test ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(1);
}

const tests = (chosen.length > 0 ? chosen : all).map((name) => `${here}${name}${SUFFIX}`);
const LIMIT_MS = 600_000; // of a file
// One file at a time, however many cores there are: they start servers, and servers.test.js looks for folders that are left.
const args = [
  '--test',
  '--test-concurrency=1',
  '--test-reporter=spec',
  `--test-timeout=${LIMIT_MS}`,
  ...tests,
];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
process.exit(status ?? 1);
