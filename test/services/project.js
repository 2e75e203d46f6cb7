/** Projects that install the packed package, for what a checkout cannot have beside it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

// npm and node's test runner tell their children whose they are; the projects made here are nobody's.
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command)|npm_config_local_prefix|INIT_CWD|NODE_|OTEL_)/i.test(
        name,
      ),
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

/**
 * Runs the tests of a folder in a project of its own.
 *
 * @param {object} project
 * @param {string} project.folder Name of the folder in this one.
 * @param {Record<string, string>} project.dependencies
 * @param {string | undefined} [project.node] The major version of Node. Default: this one.
 * @param {Record<string, string>} [project.files] More files, by name.
 */
export function testInProject({ folder, dependencies, node, files = {} }) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-project-'));
  try {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
    const [tarball] = Object.values(JSON.parse(must('npm', args, root)));
    cpSync(fileURLToPath(new URL(folder, import.meta.url)), directory, { recursive: true });
    const manifest = { private: true, type: 'module', dependencies };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const file = join(directory, tarball.filename);
    const install = `npm install --no-audit --no-fund --prefer-offline ${file}`;
    // A set-up may leave servers and timers behind, as a service wants it.
    const run = 'node --test --test-force-exit --test-reporter=spec';
    const [command, ...given] = node === undefined ? ['sh'] : ['npx', '-y', '-p', `node@${node}`];
    const said = must(command, [...given, '-c', `${install} && ${run}`], directory);
    assert.match(said, /^ℹ pass [1-9]/m);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
