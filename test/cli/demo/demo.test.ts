import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DemoResult, SideResult } from '../../../src/cli/demo/result.js';
import { type Built, build } from '../built.js';

/** The demo as people run it: processes of its own, real servers, real calls. */

let built: Built;
beforeAll(async () => {
  built = await build();
}, 180_000);
afterAll(() => built.remove());

const started: ChildProcess[] = [];
afterEach(() => {
  // Those that ended by themselves do not mind; those of a test that failed must not stay.
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [built.file('cli/main.js'), ...args]);
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

/** Process ids of upstreams that this demo started. */
function upstreamsOf({ pid }: ChildProcess): string[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => parent === String(pid))
    .map(([child]) => String(child));
}

function isAlive(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}

const allUpstreams = (child: ChildProcess): Promise<string[]> =>
  vi.waitFor(() => {
    const pids = upstreamsOf(child);
    expect(pids).toHaveLength(3);
    return pids;
  }, 180_000);

function checkSide(side: SideResult, calls: number): void {
  expect(side.calls).toBe(calls);
  expect(side).toMatchObject({ answered: calls - side.failed, waiting: 0 });
  const { requests, requestsByPhase } = side.upstream;
  expect(requestsByPhase).toHaveLength(5);
  expect(requestsByPhase.reduce((total, each) => total + each, 0)).toBe(requests);
  // A timeout may give a request up before it has reached the upstream. Nothing may be added.
  expect(requests).toBeLessThanOrEqual(side.sent);
  expect(side.recoveries.map(({ trigger }) => trigger)).toEqual(['slowdown', 'failures']);
  // It is unknown where the machine was too busy to serve the calls before anything went wrong.
  for (const { state } of side.recoveries) expect(['back', 'never', 'unknown']).toContain(state);
}

describe('holdfast demo', { timeout: 60_000 }, () => {
  it('counts every call on all sides, and what the upstreams got', async () => {
    const args = ['--seconds', '4', '--rate', '50', '--seed', '7', '--json'];
    const { child, ended } = start('demo', ...args);
    const upstreams = await allUpstreams(child);
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as DemoResult;
    expect(result).toMatchObject({ seed: 7, rate: 50, seconds: 4, interrupted: false });
    expect(result.sides.map(({ name }) => name)).toEqual(['fetch', 'naive retries', 'holdfast']);
    for (const side of result.sides) checkSide(side, 200);

    const [plain, naive] = result.sides as [SideResult, SideResult, SideResult];
    expect(plain.sent).toBe(200);
    // Nine of ten answers fail for a while, and each is asked for again.
    expect(naive.sent).toBeGreaterThan(plain.sent);
    expect(upstreams.filter(isAlive)).toEqual([]);
  });

  it('shows plain lines and the table where there is no terminal', async () => {
    const { code, stdout, stderr } = await start('demo', '--seconds', '4', '--rate', '50').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    for (const phase of ['good', 'slow', 'good again', '503s']) {
      expect(stdout).toContain(` s, ${phase}: `);
    }
    expect(stdout).toMatch(/^ calls +200 +200 +200$/m);
    expect(stdout).toContain('requests sent');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(60);
  });

  it.skipIf(process.platform === 'win32')('stops at SIGINT with the table so far', async () => {
    const { child, ended } = start('demo');
    const upstreams = await allUpstreams(child);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (data) => {
        if (/ 1 s \|/.test(String(data))) resolve();
      });
    });
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Stopped after \d+\.\d s: the counts so far/);
    expect(stdout).toContain('requests sent');
    expect(upstreams.filter(isAlive)).toEqual([]);
  });

  it('takes its upstreams with it when it is killed', async () => {
    const { child, ended } = start('demo', '--json');
    const upstreams = await allUpstreams(child);
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(upstreams.filter(isAlive)).toEqual([]), 60_000);
  });

  it('ends with an error when an upstream dies', async () => {
    const { child, ended } = start('demo', '--json');
    const upstreams = await allUpstreams(child);
    process.kill(Number(upstreams[0]), 'SIGKILL');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('an upstream ended');
    expect(upstreams.filter(isAlive)).toEqual([]);
  });
});

describe('holdfast', () => {
  it('tells what commands there are', async () => {
    const asked = await start('--help').ended;
    expect(asked.code).toBe(0);
    expect(asked.stdout).toContain('demo');
    const none = await start().ended;
    expect([none.code, none.stdout, none.stderr]).toEqual([2, '', asked.stdout]);
  });

  it('exits 2 for a command or an option it does not know', async () => {
    const command = await start('dmeo').ended;
    expect([command.code, command.stdout]).toEqual([2, '']);
    expect(command.stderr).toContain("unknown command 'dmeo'");
    const option = await start('demo', '--sed', '1').ended;
    expect([option.code, option.stdout]).toEqual([2, '']);
    expect(option.stderr).toContain("'--sed'");
    const inherited = await start('toString').ended;
    expect(inherited.code).toBe(2);
  });

  it('tells the options of the demo', async () => {
    const { code, stdout } = await start('demo', '--help').ended;
    expect(code).toBe(0);
    expect(stdout).toContain('--seconds');
  });
});
