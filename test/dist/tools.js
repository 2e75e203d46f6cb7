/** What the checks of the packed package share. */
import { spawn } from 'node:child_process';

// `npm run` tells its children which project they belong to; the projects made here are not that one.
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|command)|npm_config_local_prefix|INIT_CWD|NODE_OPTIONS)/i.test(
        name,
      ),
  ),
);

/** Runs a command to its end; answers whether it went well, and what it wrote. */
export function run(command, args, cwd, env = environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      shell: process.platform === 'win32' && command !== process.execPath,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      all += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ ok: code === 0, stdout, all }));
  });
}

export async function must(command, args, cwd) {
  const result = await run(command, args, cwd);
  if (!result.ok) throw new Error(`${command} ${args.join(' ')} failed:\n${result.all}`);
  return result.stdout;
}

/** A program under another Node, which npm fetches; `undefined` is the one that runs this. */
export function runNode(version, args, cwd) {
  return version === undefined
    ? run(process.execPath, args, cwd)
    : run('npx', ['-y', '-p', `node@${version}`, '-c', `node ${args.join(' ')}`], cwd);
}

let failures = 0;
export const failed = () => failures > 0;

export function report(what, { ok, all }, started) {
  const seconds = started === undefined ? '' : ` (${((Date.now() - started) / 1000).toFixed(1)} s)`;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${seconds}`);
  if (ok) return;
  failures++;
  console.log(all);
}
