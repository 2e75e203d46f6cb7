import { bulkhead, keyed, pipeline } from 'holdfast';
import { expect, it } from 'vitest';
import { withoutCredentials } from '../../src/pipeline/reporting/without-credentials.js';

it.each([
  ['https://user:pass@api.example/a?token=x#y', 'https://api.example/a'],
  ['GET https://user:pass@api.example/a?token=x', 'GET https://api.example/a'],
  ['tenant:https://user:pass@api.example', 'tenant:https://api.example'],
  ['jdbc:postgresql://user:pass@h1,h2:5432/db?password=x', 'jdbc:postgresql://h1,h2:5432/db'],
  ['https://proxy/https://user:pass@api.example/', 'https://proxy/https://api.example/'],
  ['https://a|https://user:pass@b', 'https://a|https://b'],
  ['https://a/|https://user:pa#ss@b', 'https://a/|https://…'],
  ['https://user:pa/ss@b', 'https://…'],
  ['https:\\\\user:pass@b', 'https:\\\\b'],
  ['//user:pass@b/x', '//b/x'],
  ['/stock?token=x', '/stock'],
  ['api.example/stock?token=x', 'api.example/stock'],
  ['https://[::1]:8080/', 'https://[::1]:8080/'],
])('X10: %s is shown as %s', (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
});

it.each(['tenant-7', 'team#7', 'why?', 'acme: eu', 'a/b', '', 'Ω'])(
  'X10: %j holds no URL, and is shown as it is',
  (text) => {
    expect(withoutCredentials(text)).toBe(text);
  },
);

it('X10: a key that holds a URL shows no secret, whatever stands around that', async () => {
  const calls = keyed(pipeline('up', bulkhead({ maxConcurrent: 1 })));
  const key = 'GET https://user:pass@api.example/a?token=x';
  void calls.execute(key, () => new Promise(() => {}));
  const error = await calls.execute(key, () => 1).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ key: 'GET https://api.example/a' });
  expect(JSON.stringify(error) + String(error)).not.toMatch(/user|pass|token/);
});
