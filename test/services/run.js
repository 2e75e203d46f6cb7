/**
 * Tests against what is not part of a checkout, `npm run test:services`: the real Prometheus, and version 3 of OpenTelemetry's
 * SDK on the Node it needs. Installs Prometheus (Debian's package) when it is missing, and says so
 * when it cannot. Needs dist/ (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMANDS = ['prometheus', 'promtool'];

const has = (command) => spawnSync(command, ['--version']).error === undefined;
const missing = () => COMMANDS.filter((command) => !has(command));

function install() {
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const args of [
    ['apt-get', 'update', '-q'],
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'prometheus'],
  ]) {
    const [command, ...rest] = [...root, ...args];
    const { status, error, stderr } = spawnSync(command, rest, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) return `${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return undefined;
}

if (missing().length > 0) {
  console.log(`${missing().join(' and ')} missing: installing the Debian package prometheus`);
  const failure = install();
  if (missing().length > 0) {
    console.error(
      `These tests need Prometheus (${COMMANDS.join(', ')} on the PATH), and it could not be installed.\n${failure ?? ''}`,
    );
    process.exit(1);
  }
}

const tests = [
  'alerts.test.js',
  'prometheus.test.js',
  'sdk3.test.js',
  'telemetry-docs.test.js',
].map((name) => fileURLToPath(new URL(name, import.meta.url)));
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...tests], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
