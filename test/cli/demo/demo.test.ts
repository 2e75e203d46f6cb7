import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DemoResult, SideResult } from '../../../src/cli/demo/result.js';
import { type Built, build } from '../built.js';

/** The demo as people run it: processes of its own, real servers, real calls. */

let built: Built;
beforeAll(async () => {
  built = await build();
}, 60_000);
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

const bothUpstreams = (child: ChildProcess): Promise<string[]> =>
  vi.waitFor(() => {
    const pids = upstreamsOf(child);
    expect(pids).toHaveLength(2);
    return pids;
  }, 10_000);

function checkSide(side: SideResult, calls: number): void {
  expect(side.calls).toBe(calls);
  expect(side.answered + side.degraded + side.failed).toBe(calls);
  const byPhase = Object.values(side.upstream.requestsByPhase);
  expect(byPhase.reduce((total, each) => total + each, 0)).toBe(side.upstream.requests);
  const { p50, p99, longest } = side.waits;
  expect(p50.ms).toBeLessThanOrEqual(p99.ms);
  expect(p99.ms).toBeLessThanOrEqual(longest.ms);
}

describe('holdfast demo', () => {
  it('counts every call on both sides, and what the upstreams got', async () => {
    const { child, ended } = start(
      'demo',
      '--seconds',
      '4',
      '--rate',
      '50',
      '--seed',
      '7',
      '--json',
    );
    const upstreams = await bothUpstreams(child);
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout) as DemoResult;
    expect(result).toMatchObject({ seed: 7, rate: 50, seconds: 4, interrupted: false });
    checkSide(result.plain, 200);
    checkSide(result.holdfast, 200);

    const { plain, holdfast } = result;
    expect(plain).toMatchObject({ degraded: 0, sent: 200, upstream: { requests: 200 } });
    // Everything sent while the upstream hung is still waiting.
    expect(plain.unanswered).toBeGreaterThan(20);
    expect(plain.waits.longest.atLeast).toBe(true);
    expect(holdfast).toMatchObject({ failed: 0, unanswered: 0 });
    expect(holdfast.degraded).toBeGreaterThan(0);

    const { attempts, timeouts, fallbacks, breaker } = holdfast.pipeline;
    expect(attempts).toBe(holdfast.sent);
    // A timeout may give an attempt up before it has reached the upstream. Nothing else may be lost, and nothing added.
    expect(holdfast.upstream.requests).toBeLessThanOrEqual(attempts);
    expect(attempts - holdfast.upstream.requests).toBeLessThanOrEqual(timeouts);
    expect(fallbacks).toBe(holdfast.degraded);
    expect(breaker.opened).toBeGreaterThan(0);
    expect(breaker.openMs).toBeGreaterThan(0);
    expect(upstreams.filter(isAlive)).toEqual([]);
  });

  it('shows plain lines and the table where there is no terminal', async () => {
    const { code, stdout, stderr } = await start('demo', '--seconds', '2', '--rate', '20').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    for (const phase of ['good', 'slow', 'failing', 'hanging', 'recovering']) {
      expect(stdout).toContain(`| ${phase}: each upstream`);
    }
    expect(stdout).toMatch(/^ {2}calls +40 +40$/m);
    expect(stdout).toContain('requests the upstream got');
  });

  it.skipIf(process.platform === 'win32')('stops at SIGINT with the table so far', async () => {
    const { child, ended } = start('demo');
    const upstreams = await bothUpstreams(child);
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (data) => {
        if (/ 1 s \|/.test(String(data))) resolve();
      });
    });
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Stopped after \d+\.\d s: the counts so far/);
    expect(stdout).toContain('requests the upstream got');
    expect(upstreams.filter(isAlive)).toEqual([]);
  });

  it('takes its upstreams with it when it is killed', async () => {
    const { child, ended } = start('demo', '--json');
    const upstreams = await bothUpstreams(child);
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(upstreams.filter(isAlive)).toEqual([]), 10_000);
  });

  it('ends with an error when an upstream dies', async () => {
    const { child, ended } = start('demo', '--json');
    const upstreams = await bothUpstreams(child);
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
