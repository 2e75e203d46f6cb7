import { afterEach, expect, it, vi } from 'vitest';

const clock = { stop() {}, start() {} };
const sent = { method: 'PUT', url: 'http://a.example/' };
const { signal } = new AbortController();

/** A fresh copy, which has loaded nothing yet. */
async function fresh() {
  vi.resetModules();
  return (await import('../../src/fetch/request/send-upload.js')).sendUpload;
}

afterEach(() => {
  vi.doUnmock('../../src/fetch/request/upload-clock.js');
  vi.unstubAllGlobals();
});

it('X1: the clock of uploads is loaded with the first one, and used from then on', async () => {
  const sendUpload = await fresh();
  let sends = 0;
  const send = () => ++sends;
  const first = sendUpload(clock, sent, signal, send);
  expect(sends).toBe(0);
  await expect(first).resolves.toBe(1);
  expect(sendUpload(clock, sent, signal, send)).toBe(2);
});

it('X1: where the clock of uploads cannot be loaded, they are sent all the same', async () => {
  vi.doMock('../../src/fetch/request/upload-clock.js', () => {
    throw new Error('no such file');
  });
  const sendUpload = await fresh();
  for (const answer of [1, 2])
    await expect(sendUpload(clock, sent, signal, () => answer)).resolves.toBe(answer);
});

it('X1: without channels of undici, uploads are sent at once and nothing is loaded', async () => {
  vi.doMock('../../src/fetch/request/upload-clock.js', () => {
    throw new Error('no such file');
  });
  vi.stubGlobal('process', { env: {} });
  const sendUpload = await fresh();
  expect(sendUpload(clock, sent, signal, () => 1)).toBe(1);
});
