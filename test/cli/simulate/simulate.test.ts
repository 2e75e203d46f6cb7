import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarios } from '../../../src/simulator/index.js';
import { type Built, build } from '../built.js';

/** The command as people run it: in a process of its own. */

let built: Built;
let directory: string;
beforeAll(async () => {
  built = await build();
  directory = mkdtempSync(join(tmpdir(), 'holdfast-simulate-'));
}, 180_000);
afterAll(() => {
  built.remove();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const file = built.file('cli/main.js');
    execFile(
      process.execPath,
      [file, 'simulate', ...args],
      { cwd: directory },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

function put(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

const SHORT = JSON.stringify({
  $schema: './scenario.schema.json',
  name: 'short',
  about: 'Two seconds of trouble.',
  arrivals: '12s',
  triggers: [{ kind: 'refused', at: '3s', lasts: '2s' }],
});

describe('holdfast simulate', () => {
  it('runs a document: a table, and charts on demand', async () => {
    put('short.json', SHORT);
    const args = ['short.json', '--clients', '5', '--seeds', '1', '--html', 'report.html'];
    const { code, stdout, stderr } = await simulate(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Two seconds of trouble\.\n\nshort: seed 1\n/);
    for (const arm of ['none', 'naive', 'standard'])
      expect(stdout).toMatch(new RegExp(`\n${arm} +100%`));
    expect(stdout).toContain('Charts: report.html');
    expect(readFileSync(join(directory, 'report.html'), 'utf8')).toContain('5 clients make');
  });

  it('prints JSON and nothing else, the same each time', async () => {
    put('short.json', SHORT);
    const args = ['./short.json', '--arms', 'none', '--seeds', '2', '--json'];
    const [one, two] = await Promise.all([simulate(...args), simulate(...args)]);
    expect(two).toEqual(one);
    const report = JSON.parse(one.stdout) as { arms: object; seeds: number[] };
    expect(Object.keys(report.arms)).toEqual(['none']);
    expect(report.seeds).toEqual([2]);
  });

  it('lists the ready scenarios, and prints the schema and the help', async () => {
    const [list, schema, help] = await Promise.all([
      simulate('--list'),
      simulate('--schema'),
      simulate('--help'),
    ]);
    for (const name of Object.keys(scenarios))
      expect(list.stdout).toMatch(new RegExp(`^${name} `, 'm'));
    expect(JSON.parse(schema.stdout)).toMatchObject({ type: 'object', required: ['name'] });
    expect(help.stdout).toContain('Usage: holdfast simulate');
    expect([list.code, schema.code, help.code]).toEqual([0, 0, 0]);
  });

  it('says what is wrong, and where, with exit code 2', async () => {
    put('typo.json', '{"name":"x","triggers":[{"kind":"slowdown","factr":2}]}');
    put('broken.json', '{"name":');
    put('short.json', SHORT);
    const fault = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await simulate(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      return stderr;
    };
    const all = await Promise.all([
      fault('typo.json'),
      fault('broken.json'),
      fault('nowhere.json'),
      fault('slowdwn'),
      fault('short.json', '--arms', 'none', '--seeds', '1', '--html', 'no/such/dir.html'),
    ]);
    expect(all).toEqual([
      expect.stringMatching(
        /^holdfast simulate: typo\.json: scenario\.triggers\[0\]\.factr: unknown option "factr": did you mean "factor"\?/,
      ),
      expect.stringContaining('broken.json is not JSON'),
      expect.stringContaining('nowhere.json does not exist'),
      expect.stringContaining('did you mean "slowdown"?'),
      expect.stringContaining('no/such/dir.html cannot be written'),
    ]);
  });
});
