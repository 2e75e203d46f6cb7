/**
 * The package installed by each package manager into an empty project, with what its users add: every subpath is imported, required and
 * used. Yarn's Plug'n'Play and pnpm give a package nothing that its manifest does not name.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, report, run } from './tools.js';

const consumer = fileURLToPath(new URL('./consumer', import.meta.url));

const PNPM = 'pnpm@10.34.8';
const YARN_1 = 'yarn@1.22.22';
const YARN_4 = '@yarnpkg/cli-dist@4.18.1';

const npx = (manager, ...command) => ['npx', ['-y', '-p', manager, ...command]];
const yarn4 = (linker) => ({
  files: {
    '.yarnrc.yml': [
      `nodeLinker: ${linker}`,
      'enableGlobalCache: false',
      'enableImmutableInstalls: false',
      'enableTelemetry: false',
      '',
    ].join('\n'),
    'yarn.lock': '',
  },
  install: npx(YARN_4, 'yarn', 'install'),
  node: (...args) => npx(YARN_4, 'yarn', 'node', ...args),
});
const plain = (...args) => [process.execPath, args];

const MANAGERS = {
  npm: { install: ['npm', ['install', '--no-audit', '--no-fund', '--prefer-offline']] },
  'npm --legacy-peer-deps': {
    install: [
      'npm',
      ['install', '--legacy-peer-deps', '--no-audit', '--no-fund', '--prefer-offline'],
    ],
  },
  pnpm: { install: npx(PNPM, 'pnpm', 'install', '--prefer-offline') },
  'Yarn 1': { install: npx(YARN_1, 'yarn', 'install', '--non-interactive', '--no-lockfile') },
  'Yarn 4': yarn4('node-modules'),
  "Yarn 4, Plug'n'Play": yarn4('pnp'),
};

/** Yarn does not read where npm has its packages from. */
function withRegistry(env, registry) {
  const { protocol, hostname } = new URL(registry);
  return {
    ...env,
    npm_config_registry: registry,
    YARN_REGISTRY: registry,
    YARN_NPM_REGISTRY_SERVER: registry,
    ...(protocol === 'http:' ? { YARN_UNSAFE_HTTP_WHITELIST: hostname } : {}),
  };
}

export async function testManagers({ temporary, tarball, undici }) {
  const registry = (await run('npm', ['config', 'get', 'registry'], temporary)).stdout.trim();
  const env = withRegistry(environment, registry);
  for (const [name, { install, files = {}, node = plain }] of Object.entries(MANAGERS)) {
    const started = Date.now();
    const directory = join(temporary, name.replaceAll(/\W+/g, '-'));
    mkdirSync(directory);
    for (const file of ['calls.cjs', 'smoke.cjs', 'smoke.mjs'])
      cpSync(join(consumer, file), join(directory, file));
    const manifest = {
      name: 'project',
      private: true,
      dependencies: { holdfast: `file:${tarball}`, undici, cockatiel: '^3.2.1' },
    };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
    const steps = [install, node('smoke.mjs'), node('smoke.cjs')];
    // So `require` gets the CommonJS, as on Node 20.18.
    if (process.features.require_module)
      steps.push(node('--no-experimental-require-module', 'smoke.cjs'));
    let result = { ok: true, all: '' };
    for (const [command, args] of steps) {
      const step = await run(command, args, directory, env);
      result = { ok: step.ok, all: result.all + step.all };
      if (!result.ok) break;
    }
    const used = result.all.match(/^(imported|required) \d+$/gm)?.length === steps.length - 1;
    report(`installed by ${name}`, { ...result, ok: result.ok && used }, started);
  }
}
