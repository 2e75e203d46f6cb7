import { request } from 'node:http';
import { hedge, pipeline } from 'holdfast';
import { afterAll, expect, it } from 'vitest';
import { Servers } from '../../fetch/support/servers.js';

const servers = new Servers();
afterAll(() => servers.close());

const SLOW_MS = 1_000;

function get(port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

it('H2, H3: real requests: calls that meet the slow one of four servers are answered by another one', async () => {
  let requests = 0;
  let aborted = 0;
  const ports = await Promise.all(
    ['a', 'b', 'c', 'slow'].map((name) =>
      servers.http((_request, response) => {
        requests++;
        if (name !== 'slow') {
          response.end(name);
          return;
        }
        const timer = setTimeout(() => response.end(name), SLOW_MS);
        response.on('close', () => {
          clearTimeout(timer);
          if (!response.writableEnded) aborted++;
        });
      }),
    ),
  );
  const calls = pipeline('replicas', hedge({ delay: 100, maxExtraLoad: 0.1 }));
  let hedges = 0;
  calls.on('hedge', () => hedges++);
  const at = (i: number) => ports[i % ports.length] as number;
  const ask = (first: number) =>
    calls.execute(({ attempt, signal }) => get(at(first + attempt - 1), signal));
  // Three that win make hedges cheap.
  for (let won = 0; won < 3; won++) {
    for (let i = 0; i < 90; i++) await ask(i % 3);
    expect(await ask(3)).toBe('a');
  }
  for (let i = 0; i < 100; i++) await ask(i % 3);
  const before = requests;
  const answers: string[] = [];
  // Each of these meets the slow server. Ten hedges are saved up, and no more.
  for (let i = 0; i < 6; i++) answers.push(await ask(3));
  expect(answers).toEqual(['a', 'a', 'a', 'a', 'a', 'a']);
  expect(requests - before).toBe(12);
  expect(hedges).toBeGreaterThanOrEqual(9);
  await expect.poll(() => aborted).toBe(9);
  expect(requests).toBeLessThanOrEqual(1.1 * 379 + 1);
  expect(calls.inFlight).toBe(0);
});
