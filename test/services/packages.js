/** What the tests here need beside npm's packages, from Debian. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { postgresPrograms } from './servers/postgres.js';

const POLICY = '/usr/sbin/policy-rc.d';

const has = (...commands) =>
  commands.every((command) => spawnSync(command, ['--version']).error === undefined);

const PRESENT = {
  prometheus: () => has('prometheus', 'promtool'),
  'redis-server': () => has('redis-server', 'redis-cli'),
  'rabbitmq-server': () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server') && has('epmd'),
  postgresql: () => postgresPrograms() !== undefined && has('psql'),
};

const missing = () => Object.keys(PRESENT).filter((name) => !PRESENT[name]());

/** As root, with the words that failed. */
function asRoot(...words) {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [command, ...args] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...words];
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${words.join(' ')}: ${error?.message ?? stderr.trim()}`;
}

/** Installs what is missing, and returns what is still missing and why. */
export function installMissing() {
  const packages = missing();
  if (packages.length === 0) return { missing: [] };
  console.log(`installing Debian packages: ${packages.join(', ')}`);
  // The tests start servers of their own. Those of the packages are not wanted, and fail where no service manager runs.
  const root = process.getuid?.() === 0;
  const policy = root && !existsSync(POLICY);
  let failure;
  try {
    if (policy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    failure =
      asRoot('apt-get', 'update', '-q') ??
      asRoot('apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages);
  } finally {
    if (policy) rmSync(POLICY);
  }
  return { missing: missing(), failure };
}
