import { bulkhead, keyed, pipeline, retry, timeout } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { double, refused } from '../fetch/support/double.js';
import { Servers } from '../fetch/support/servers.js';

async function errorOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('the call did not fail');
}

/** Whether a frame of this function and of this file is in the stack. */
function shows(error: Error, caller: (...args: never[]) => unknown): void {
  const frames = error.stack?.split('\n').filter((line) => /^ {4}at /.test(line)) ?? [];
  const found = frames.filter(
    (line) => line.includes(caller.name) && line.includes('stacks-that-lose-the-caller.test'),
  );
  expect(found, error.stack).not.toEqual([]);
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const never = (): Promise<never> => new Promise(() => {});
const captureStack = true;

/** A timer, a queue or a retry knows nothing of who made the call, and the stacks of fetch end in fetch. */
describe('with captureStack an error shows where the call was made', () => {
  it('X10: a refused connection, of fetch itself', async () => {
    const servers = new Servers();
    const url = `http://127.0.0.1:${await servers.dead()}/`;
    const fetch = resilientFetch({ captureStack, policies: { retry: false } });
    async function callerOfFetch(): Promise<unknown> {
      return await fetch(url);
    }
    const error = await errorOf(callerOfFetch());
    expect(error.message).toBe('fetch failed');
    shows(error, callerOfFetch);
  });

  it('X10: a body that breaks off, when its call is long over', async () => {
    const servers = new Servers();
    const port = await servers.http(({ socket }, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('abc', () => socket.destroy());
    });
    const url = `http://127.0.0.1:${port}/`;
    const fetch = resilientFetch({ captureStack });
    const send = resilientRequest({ captureStack });
    async function callerOfBody(): Promise<unknown> {
      return await (await fetch(url)).text();
    }
    async function callerOfUndicisBody(): Promise<unknown> {
      return await (await send(url)).body.text();
    }
    shows(await errorOf(callerOfBody()), callerOfBody);
    shows(await errorOf(callerOfUndicisBody()), callerOfUndicisBody);
    await servers.close();
  });

  it('X10: after retries, of whatever kind the error is', async () => {
    const failed = refused();
    const before = failed.stack as string;
    const fetch = resilientFetch({
      captureStack,
      fetch: double(failed) as typeof globalThis.fetch,
      policies: [retry({ maxRetries: 2, initialDelay: 0 })],
    });
    async function callerAfterRetries(): Promise<unknown> {
      return await fetch('http://a.example/');
    }
    const error = await errorOf(callerAfterRetries());
    expect(error).toBe(failed);
    expect(error.stack?.startsWith(before)).toBe(true);
    shows(error, callerAfterRetries);
  });

  it('X10: an error that requests share shows each caller', async () => {
    const failed = refused();
    const fetch = resilientFetch({
      captureStack,
      fetch: double(failed) as typeof globalThis.fetch,
      policies: [],
    });
    async function firstCaller(): Promise<unknown> {
      return await fetch('http://a.example/');
    }
    async function secondCaller(): Promise<unknown> {
      return await fetch('http://a.example/');
    }
    shows(await errorOf(firstCaller()), firstCaller);
    shows(await errorOf(secondCaller()), secondCaller);
    for (let i = 0; i < 300; i++) {
      const { [`caller${i}`]: caller } = {
        [`caller${i}`]: async () => await fetch('http://a.example/'),
      };
      await errorOf((caller as () => Promise<unknown>)());
    }
    // However many share it.
    expect((failed.stack as string).length).toBeLessThan(20_000);
  });

  it('X10: through undici, and its interceptor', async () => {
    const servers = new Servers();
    const url = `http://127.0.0.1:${await servers.dead()}/`;
    const send = resilientRequest({ captureStack, policies: { retry: false } });
    async function callerOfRequest(): Promise<unknown> {
      return await send(url);
    }
    shows(await errorOf(callerOfRequest()), callerOfRequest);
    const agent = new Agent().compose(resilience({ captureStack, policies: { retry: false } }));
    async function callerThroughInterceptor(): Promise<unknown> {
      return await request(url, { dispatcher: agent });
    }
    shows(await errorOf(callerThroughInterceptor()), callerThroughInterceptor);
    await agent.close();
  });

  it('X10: the timeout of a body shows who called', async () => {
    const servers = new Servers();
    const port = await servers.http((_, response) => {
      response.writeHead(200).write('begun');
    });
    const fetch = resilientFetch({ captureStack, idleTimeout: 200 });
    async function callerOfBody(): Promise<Response> {
      return await fetch(`http://127.0.0.1:${port}/`);
    }
    try {
      shows(await errorOf((await callerOfBody()).text()), callerOfBody);
    } finally {
      await servers.close();
    }
  });

  it('X10: a timeout of the call, though fetch captures the stack of its reason anew', async () => {
    const servers = new Servers();
    const url = `http://127.0.0.1:${await servers.http(() => {})}/`;
    const fetch = resilientFetch({ captureStack, policies: { totalTimeout: 50 } });
    async function callerInTime(): Promise<unknown> {
      return await fetch(url);
    }
    async function callerOfRead(): Promise<unknown> {
      return await fetch.read(url, {}, (response) => response.text());
    }
    try {
      for (const caller of [callerInTime, callerOfRead]) {
        const error = await errorOf(caller());
        await later();
        expect(error.name).toBe('TimeoutError');
        shows(error, caller);
        expect(error.stack?.split(caller.name), error.stack).toHaveLength(2);
      }
    } finally {
      await servers.close();
    }
  });

  it('X10: a body that breaks off shows who called', async () => {
    const servers = new Servers();
    const port = await servers.http((_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('begun', () => response.destroy());
    });
    const url = `http://127.0.0.1:${port}/`;
    const fetch = resilientFetch({ captureStack });
    const send = resilientRequest({ captureStack });
    async function callerOfBroken(): Promise<Response> {
      return await fetch(url);
    }
    async function callerOfUndici() {
      return await send(url);
    }
    try {
      shows(await errorOf((await callerOfBroken()).text()), callerOfBroken);
      shows(await errorOf((await callerOfUndici()).body.text()), callerOfUndici);
    } finally {
      await servers.close();
    }
  });

  it('what is no JSON shows who wanted to read it, with or without', async () => {
    const servers = new Servers();
    const url = `http://127.0.0.1:${await servers.http((_, response) => response.end('no'))}/`;
    const fetch = resilientFetch();
    async function readerOfJson(): Promise<unknown> {
      return await (await fetch(url)).json();
    }
    try {
      const error = await errorOf(readerOfJson());
      expect(error.name).toBe('SyntaxError');
      shows(error, readerOfJson);
    } finally {
      await servers.close();
    }
  });

  it('G12: timeouts and waits that end in a timer', async () => {
    const clock = new VirtualClock();
    const slow = pipeline({ name: 'slow', captureStack, clock }, timeout(10));
    async function callerOfTimeout(): Promise<unknown> {
      return await slow.execute(never);
    }
    const late = errorOf(callerOfTimeout());
    await clock.advance(11);
    shows(await late, callerOfTimeout);

    const full = keyed(
      pipeline(
        { name: 'full', captureStack, clock },
        bulkhead({ maxConcurrent: 1, maxQueued: 1, maxWait: 10 }),
      ),
    );
    void full.execute('a', never);
    async function callerInQueue(): Promise<unknown> {
      return await full.execute('a', never);
    }
    const waited = errorOf(callerInQueue());
    async function refusedCaller(): Promise<unknown> {
      return await full.execute('a', never);
    }
    const refusal = await errorOf(refusedCaller());
    shows(refusal, refusedCaller);
    // It was made at once, so the frames are its own: once is enough.
    expect(refusal.stack?.match(/refusedCaller/g)).toHaveLength(1);
    await clock.advance(11);
    shows(await waited, callerInQueue);
  });

  it('G12: what the operation throws, be it in a later attempt', async () => {
    const tries = pipeline(
      { name: 'tries', captureStack },
      timeout('10s'),
      retry({ maxRetries: 1, initialDelay: 0 }),
    );
    const thrown = new RangeError('its own');
    async function callerOfOperation(): Promise<unknown> {
      return await tries.execute(async () => {
        await later();
        throw thrown;
      });
    }
    const error = await errorOf(callerOfOperation());
    expect(error).toBe(thrown);
    shows(error, callerOfOperation);
    expect(Object.keys(error)).toEqual([]);

    async function callerOfSettle(): Promise<PromiseSettledResult<unknown>> {
      return await tries.settle(async () => {
        await later();
        throw new Error('settled');
      });
    }
    const settled = await callerOfSettle();
    shows((settled as PromiseRejectedResult).reason, callerOfSettle);
  });

  it('G12: listeners see it too', async () => {
    const seen: unknown[] = [];
    const heard = pipeline({ name: 'heard', captureStack }, timeout('10s'));
    heard.on('call', ({ error }) => seen.push((error as Error).stack));
    async function heardCaller(): Promise<unknown> {
      return await heard.execute(async () => {
        await later();
        throw new Error('its own');
      });
    }
    const error = await errorOf(heardCaller());
    expect(seen).toEqual([error.stack]);
    shows(error, heardCaller);
  });

  it('G12: frozen errors, what is no error, and the reason of an abort stay as they are', async () => {
    const stays = pipeline({ name: 'stays', captureStack }, timeout('10s'));
    const frozen = Object.freeze(new Error('frozen'));
    const before = frozen.stack;
    expect(await errorOf(stays.execute(() => Promise.reject(frozen)))).toBe(frozen);
    expect(frozen.stack).toBe(before);
    const plain = { message: 'none' };
    expect(await errorOf(stays.execute(() => Promise.reject(plain)))).toBe(plain);
    expect(plain).toEqual({ message: 'none' });
    expect(await errorOf(stays.execute(() => Promise.reject('text')))).toBe('text');
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    expect((await stays.settle(() => Promise.reject(hostile))).status).toBe('rejected');
    const controller = new AbortController();
    const reason = new Error('enough');
    const { stack } = reason;
    const given = errorOf(stays.execute(never, { signal: controller.signal }));
    controller.abort(reason);
    expect(await given).toBe(reason);
    expect(reason.stack).toBe(stack);
  });

  it('without captureStack no error is touched', async () => {
    const thrown = new Error('its own');
    const { stack } = thrown;
    const bare = pipeline('bare', timeout('10s'));
    await errorOf(bare.execute(() => Promise.reject(thrown)));
    expect(thrown.stack).toBe(stack);
  });
});
