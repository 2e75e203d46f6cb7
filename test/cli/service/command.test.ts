import { execFile } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Built, build } from '../built.js';

/** The command as people run it: in a process of its own. */

const orders = fileURLToPath(new URL('../../fixtures/openapi/orders.json', import.meta.url));

let built: Built;
let directory: string;
beforeAll(async () => {
  built = await build();
}, 180_000);
afterAll(() => built.remove());
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-service-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function service(...args: string[]): Promise<Ended> {
  const argv = [built.file('cli/main.js'), 'service', ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: directory }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);

describe('holdfast service', () => {
  it('prints the declaration, and what it left out beside it', async () => {
    const { code, stdout, stderr } = await service(orders);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^\/\/ Written by `holdfast service` from orders\.json: Orders API 2\.4\.1\.\n/,
    );
    expect(stdout).toContain("export const ordersApi = defineService('orders-api', {");
    expect(stdout.endsWith('});\n')).toBe(true);
    expect(stderr).toMatch(
      /^holdfast service: 12 operations, 10 remarks in comments, left out: GET \/export\/\{from\}-\{to\}: .*\n$/,
    );
  });

  it('writes a file, and no other in its place unless told so', async () => {
    const first = await service(orders, '--out', 'orders.ts', '--name', 'shop');
    expect([first.code, first.stdout]).toEqual([0, '']);
    expect(first.stderr).toContain('12 operations in orders.ts');
    const text = readFileSync(join(directory, 'orders.ts'), 'utf8');
    expect(text).toContain("export const shop = defineService('shop', {");
    put('orders.ts', 'mine');
    const second = await service(orders, '--out', 'orders.ts', '--name', 'shop');
    expect([second.code, second.stderr]).toEqual([
      2,
      'holdfast service: orders.ts is there already: --force overwrites it\nTry: holdfast service --help\n',
    ]);
    expect(readFileSync(join(directory, 'orders.ts'), 'utf8')).toBe('mine');
    const third = await service(orders, '-o', 'orders.ts', '--name', 'shop', '--force');
    expect(third.code).toBe(0);
    expect(readFileSync(join(directory, 'orders.ts'), 'utf8')).toBe(text);
  });

  it('takes its options', async () => {
    const none = await service(orders, '--schemas', 'none', '--base-url', 'http://localhost:80');
    expect(none.stdout).not.toContain("from 'zod'");
    expect(none.stdout).toContain("baseUrl: 'http://localhost:80',");
    const help = await service('--help');
    expect([help.code, help.stdout]).toEqual([
      0,
      expect.stringContaining('Usage: holdfast service <openapi.json>'),
    ]);
    put('bom.json', `\uFEFF${readFileSync(orders, 'utf8')}`);
    expect((await service('bom.json')).code).toBe(0);
  });

  it('says what is wrong with exit code 2, and writes nothing', async () => {
    put('broken.json', '{"openapi":');
    put('a.yaml', 'openapi: 3.0.0\ninfo: {}\n');
    put('a.txt', '# orders\nopenapi: 3.0.0\n');
    put('old.json', '{"swagger":"2.0"}');
    const paths = (schema: string): string =>
      `{"openapi":"3.0.0","info":{},"servers":[{"url":"/"}],"paths":{"/a":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":${schema}}}}}}}}}`;
    put('relative.json', paths('{}'));
    put('reference.json', paths('{"$ref":"#/components/schemas/A"}'));
    put('deep.json', paths(`${'{"items":'.repeat(30_000)}{}${'}'.repeat(30_000)}`));
    const files = readdirSync(directory);
    const fault = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await service(...args, '--out', 'x.ts');
      expect([args, code, stdout]).toEqual([args, 2, '']);
      return stderr.split('\n')[0] ?? '';
    };
    const all = [
      await fault(),
      await fault('a.json', 'b.json'),
      await fault('nowhere.json'),
      await fault('.'),
      await fault('https://a.example/openapi.json'),
      await fault('broken.json'),
      await fault('a.yaml'),
      await fault('a.txt'),
      await fault('old.json'),
      await fault('relative.json'),
      await fault('reference.json'),
      await fault('deep.json'),
      await fault(orders, '--schemas', 'yup'),
      await fault(orders, '--name', ' \n'),
      await fault(orders, '--base-url', 'localhost'),
      await fault(orders, '--nmae', 'x'),
      (await service(orders, '--out', 'no/such/folder.ts')).stderr,
    ].map((text) => text.replace('holdfast service: ', ''));
    expect(all).toEqual([
      'an OpenAPI document is missing, such as openapi.json',
      'one document at a time (got 2)',
      'nowhere.json does not exist',
      expect.stringContaining('. cannot be read: '),
      expect.stringContaining('only files are read: download the document first'),
      expect.stringContaining('broken.json is not JSON: '),
      'a.yaml is YAML, and JSON is read: convert it first (npx @redocly/cli bundle a.yaml -o openapi.json)',
      expect.stringContaining('a.txt is YAML'),
      expect.stringContaining(
        'old.json: the document is Swagger 2.0, and OpenAPI 3.0 or 3.1 is read: convert it first',
      ),
      expect.stringContaining('relative.json: the document\'s server "/" is no absolute URL'),
      'reference.json: $ref "#/components/schemas/A" leads to nothing',
      'deep.json: its schemas are nested too deeply',
      "--schemas must be zod or none (got 'yup')",
      '--name must be a name of 1 to 100 characters without control characters',
      expect.stringContaining('--base-url "localhost" is no absolute URL'),
      expect.stringContaining("'--nmae'"),
      expect.stringContaining('no/such/folder.ts cannot be written'),
    ]);
    expect(readdirSync(directory)).toEqual(files);
  }, 180_000);
});
