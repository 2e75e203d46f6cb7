/** The checks in a page of headless Chromium. Installs Debian's package when it is missing, and says so when it cannot. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, report } from './bundle.js';
import { startOrigin } from './origin.js';

const found = () => spawnSync('chromium', ['--version']).status === 0;

function install() {
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const args of [
    ['apt-get', 'update', '-q'],
    ['apt-get', 'install', '-y', '-q', '--no-install-recommends', 'chromium'],
  ]) {
    const [command, ...rest] = [...root, ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const { status, error, stderr } = spawnSync(command, rest, { encoding: 'utf8', env });
    if (status !== 0) return `${args.join(' ')}: ${error?.message ?? stderr.trim()}`;
  }
  return '';
}

if (!found()) {
  console.log('chromium missing: installing the Debian package');
  const failure = install();
  if (!found()) {
    console.error(
      `These checks need chromium on the PATH, and it could not be installed.\n${failure}`,
    );
    process.exit(1);
  }
}

const script = await bundle('web.js', { format: 'iife' });
const page = `<!doctype html><script src="/smoke.js"></script><script>
  holdfastSmoke(location.origin).then((results) => {
    const all = results.map(([name, failure]) => [name, failure ?? null]);
    return fetch('/report', { method: 'POST', body: JSON.stringify(all) });
  });
</script>`;
let tell;
const reported = new Promise((resolve) => {
  tell = resolve;
});
const origin = await startOrigin({
  '/': (response) => response.setHeader('content-type', 'text/html').end(page),
  '/smoke.js': (response) => response.setHeader('content-type', 'text/javascript').end(script),
  '/report': (response, body) => {
    response.end();
    tell(JSON.parse(body));
  },
});
const profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'));
const args = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
const browser = spawn('chromium', [...args, `--user-data-dir=${profile}`, origin.url], {
  stdio: 'ignore',
});
const late = setTimeout(() => tell([['a report within two minutes', 'none came']]), 120_000);
report('Chromium', await reported);
clearTimeout(late);
const gone = new Promise((resolve) => browser.once('exit', resolve));
browser.kill();
await gone;
origin.close();
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
