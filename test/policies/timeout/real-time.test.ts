import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { pipeline, TimeoutError, timeout } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { rejectionOf } from '../support/rig.js';

/** What only the system's own clock, timers and sockets can show. */

const never = () => new Promise<never>(() => {});

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** Holds up the event loop. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it.each([25, 60, 900])(
  'T3: %i ms are never early, and at their best within 2 ms + 1%%',
  async (ms) => {
    const calls = pipeline('real', timeout(ms));
    const rounds = ms > 500 ? 3 : 12;
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rounds; i++) {
      const start = performance.now();
      expect(await rejectionOf(calls.execute(never))).toBeInstanceOf(TimeoutError);
      const took = performance.now() - start;
      expect(took).toBeGreaterThanOrEqual(ms);
      best = Math.min(best, took);
    }
    // A busy machine can hold up any one of them, but not make the best of many late.
    expect(best).toBeLessThanOrEqual(ms * 1.01 + 2);
  },
);

it('T3: never early while calls are so frequent that the clock is read once for many', async () => {
  const calls = pipeline('busy', timeout(800));
  const quick = pipeline('quick', timeout(800));
  const lateness: number[] = [];
  const hung: Promise<unknown>[] = [];
  const until = performance.now() + 300;
  while (performance.now() < until) {
    for (let i = 0; i < 50; i++) await quick.execute(() => 1);
    const start = performance.now();
    hung.push(
      rejectionOf(calls.execute(never)).then(() => lateness.push(performance.now() - start - 800)),
    );
    await new Promise(setImmediate);
  }
  await Promise.all(hung);
  expect(lateness.length).toBeGreaterThan(10);
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
  expect(Math.min(...lateness)).toBeLessThanOrEqual(10);
});

it('T5: a timer’s result that is already there wins over the deadline of a blocked loop', async () => {
  const calls = pipeline('blocked', timeout(40));
  for (const takesMs of [10, 39]) {
    const call = calls.execute(() => new Promise((done) => setTimeout(done, takesMs, 'in time')));
    block(120);
    expect(await call).toBe('in time');
  }
});

/** A server that answers each byte with that byte, in a process of its own: it goes on while this one is blocked. */
async function echo(): Promise<number> {
  const program = `require('net').createServer((s) => s.on('error', () => {}).pipe(s))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = execFile(process.execPath, ['-e', program]);
  closing.push(() => child.kill());
  const [line] = (await once(child.stdout!, 'data')) as [string];
  return Number(line);
}

it.each([
  ['long', 100, 250],
  ['barely', 400, 401],
])(
  'T5: what a real socket has received in time wins over the deadline of a loop blocked %s past it',
  async (_how, timeoutMs, blockedMs) => {
    const socket = connect(await echo(), '127.0.0.1');
    closing.push(() => socket.destroy());
    await once(socket, 'connect');
    const calls = pipeline('socket', timeout(timeoutMs));
    for (let i = 0; i < 5; i++) {
      const call = calls.execute(async () => {
        socket.write('x');
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        return bytes.toString();
      });
      // The byte is sent, and the answer arrives in the kernel, while nobody can look.
      await new Promise(setImmediate);
      block(blockedMs);
      expect(await call).toBe('x');
    }
  },
);

it('T1, T5: a blocked loop still times out what has no result', async () => {
  const calls = pipeline('blocked', timeout(30));
  const call = rejectionOf(calls.execute(never));
  block(100);
  expect(await call).toBeInstanceOf(TimeoutError);
  // The next deadline of the same duration is on time again.
  const start = performance.now();
  expect(await rejectionOf(calls.execute(never))).toBeInstanceOf(TimeoutError);
  expect(performance.now() - start).toBeGreaterThanOrEqual(30);
});

it('T1: a real socket that stays silent is let go at the deadline', async () => {
  const server = createServer((socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const { port } = server.address() as { port: number };
  const call = pipeline('silent', timeout(50)).execute(async ({ signal }) => {
    const socket = connect(port, '127.0.0.1');
    signal.addEventListener('abort', () => socket.destroy());
    await once(socket, 'data', { signal });
  });
  expect(await rejectionOf(call)).toBeInstanceOf(TimeoutError);
  await new Promise((resolve) => server.close(resolve));
  closing.length = 0;
});
