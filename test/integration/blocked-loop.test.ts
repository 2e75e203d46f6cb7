import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  adaptiveLimiter,
  type Context,
  circuitBreaker,
  hedge,
  type Policy,
  pipeline,
  retry,
  TimeoutError,
  throttle,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TICK_MS } from '../../src/time/tick.js';

/**
 * This process blocks its event loop for real, while an upstream in a process of its own goes on. Beside each thing that must not happen then stands
 * a real fault of the same upstream, for which it has to.
 */

let url = '';
/** How many requests the upstream has received. */
let received = 0;
let stop = (): void => {};

beforeAll(async () => {
  const program = `
    const http = require('node:http');
    const server = http.createServer((request, response) => {
      process.stdout.write('.');
      const ms = Number(new URL(request.url, 'http://x').searchParams.get('ms'));
      if (ms >= 0) setTimeout(() => response.end('ok'), ms);
    });
    server.keepAliveTimeout = 60_000;
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    process.stdin.on('end', () => process.exit()).resume();
  `;
  const child = execFile(process.execPath, ['-e', program]);
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [string];
  url = `http://127.0.0.1:${Number(line)}`;
  child.stdout?.on('data', (dots: string) => {
    received += dots.length;
  });
  stop = () => child.kill();
});
afterAll(() => stop());

const turn = () => new Promise((resolve) => setImmediate(resolve));

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** One exchange, to which the upstream answers after `ms`; never, if that is negative. */
const exchange = (ms: number) => async (context?: { readonly signal: AbortSignal }) => {
  const response = await fetch(`${url}/?ms=${ms}`, { signal: context?.signal ?? null });
  return response.text();
};

/**
 * Two exchanges, one after the other. The second can only begin when the loop is free again, so no answer to it can be there by then. The first takes so
 * long that it is not over before the block begins, however busy the machine is.
 */
const twoExchanges = (ms: number) => async (context?: { readonly signal: AbortSignal }) => {
  await exchange(ms)(context);
  return exchange(ms)(context);
};

interface Ended {
  readonly results: readonly PromiseSettledResult<string>[];
  readonly errors: readonly unknown[];
}

async function hasReceived(count: number): Promise<void> {
  while (received < count) await turn();
}

/** Calls in flight together. The upstream has all of them when the loop is blocked for `blockMs`. */
async function together(
  policies: readonly Policy[],
  operation: (context: Context) => Promise<string>,
  { calls = 24, blockMs = 0 } = {},
): Promise<Ended> {
  const upstream = pipeline('upstream', ...policies);
  // So that there is a connection for each, and nothing else has to be waited for.
  const before = received;
  await Promise.all(Array.from({ length: calls }, () => exchange(50)()));
  await hasReceived(before + calls);
  const all = Array.from({ length: calls }, () => upstream.execute(operation) as Promise<string>);
  if (blockMs > 0) {
    await hasReceived(before + 2 * calls);
    // Deadlines of the last tick get their stamp at the next one, which must not come after the block.
    await sleep(3 * TICK_MS);
    block(blockMs);
  }
  const results = await Promise.allSettled(all);
  return { results, errors: results.flatMap((each) => ('reason' in each ? [each.reason] : [])) };
}

const timesOut = (error: unknown): boolean => error instanceof TimeoutError;

it('T5, O1: answers that have come in while the loop was blocked are no timeouts', async () => {
  const blocked = await together([timeout(1_000)], exchange(200), { blockMs: 2_000 });
  expect(blocked.errors).toEqual([]);
  // A real fault: the answers come too late.
  const slow = await together([timeout(1_000)], exchange(5_000));
  expect(slow.errors.filter(timesOut)).toHaveLength(24);
}, 180_000);

describe('calls whose time was over before the upstream had its share of it', () => {
  it('O1: open no breaker, and say so', async () => {
    const options = { failingFor: 0, minimumCalls: 10, failureRate: 0.5 };
    const breaker = circuitBreaker(options);
    const blocked = await together([breaker, timeout(2_000)], twoExchanges(1_200), {
      blockMs: 3_000,
    });
    // They are timeouts for their callers, and for nobody else.
    expect(blocked.errors.filter(timesOut)).toHaveLength(24);
    for (const error of blocked.errors as TimeoutError[]) {
      expect(error.blockedMs).toBeGreaterThanOrEqual(1_000);
    }
    expect(breaker.state).toBe('closed');
    expect(breaker.snapshot().window.failures).toBe(0);

    const tripped = circuitBreaker(options);
    const hung = await together([tripped, timeout(400)], exchange(-1));
    expect(hung.errors.filter(timesOut)).not.toHaveLength(0);
    expect(tripped.state).toBe('open');
  }, 180_000);

  it('O1: are tried again', async () => {
    const policies = [retry({ maxRetries: 2, initialDelay: 10 }), timeout(2_000)];
    let again = 0;
    const operation = (context: Context) => {
      if (context.attempt === 1) return twoExchanges(1_200)(context);
      again++;
      return exchange(0)(context);
    };
    const blocked = await together(policies, operation, { blockMs: 3_000 });
    expect(blocked.errors).toEqual([]);
    expect(again).toBeGreaterThanOrEqual(24);
  }, 180_000);

  it('O1: throttle nothing', async () => {
    const options = { minimumCalls: 10 };
    const free = throttle(options);
    await together([free, timeout(2_000)], twoExchanges(1_200), { blockMs: 3_000 });
    expect(free.snapshot().probability).toBe(0);
    const busy = throttle(options);
    // The second time, the first are known.
    for (let i = 0; i < 2; i++) await together([busy, timeout(200)], exchange(-1));
    expect(busy.snapshot().probability).toBeGreaterThan(0);
  }, 180_000);

  it('O1: shrink no limit', async () => {
    const free = adaptiveLimiter();
    const blocked = await together([timeout(2_000), free], twoExchanges(1_200), { blockMs: 3_000 });
    expect(blocked.errors.filter(timesOut)).toHaveLength(24);
    const unused = adaptiveLimiter().snapshot().limit;
    expect(free.snapshot().limit).toBe(unused);
    const cut = adaptiveLimiter();
    await together([timeout(400), cut], exchange(-1));
    expect(cut.snapshot().limit).toBeLessThan(unused);
  }, 180_000);
});

describe('calls that only seem slow', () => {
  it('O1: open no breaker that counts slow calls', async () => {
    const options = { slowCallDuration: 1_000, slowCallRate: 0.5, minimumCalls: 10 };
    const breaker = circuitBreaker(options);
    const blocked = await together([breaker], exchange(100), { blockMs: 2_000 });
    expect(blocked.errors).toEqual([]);
    expect(breaker.state).toBe('closed');
    const tripped = circuitBreaker(options);
    await together([tripped], exchange(1_500));
    expect(tripped.state).toBe('open');
  }, 180_000);

  it('O1: shrink no limit', async () => {
    // More than half of the time of their callers is over when the answers are seen.
    const free = adaptiveLimiter();
    const blocked = await together([timeout(4_000), free], exchange(100), { blockMs: 2_600 });
    expect(blocked.errors).toEqual([]);
    const unused = adaptiveLimiter().snapshot().limit;
    expect(free.snapshot().limit).toBe(unused);
    const cut = adaptiveLimiter();
    const slow = await together([timeout(4_000), cut], exchange(3_000));
    expect(slow.errors).toEqual([]);
    expect(cut.snapshot().limit).toBeLessThan(unused);
  }, 180_000);
});

it('O1: a block fires no hedge', async () => {
  let operations = 0;
  const counted = (ms: number) => (context?: { readonly signal: AbortSignal }) => {
    operations++;
    return exchange(ms)(context);
  };
  const policies = () => [hedge({ delay: 1_500, maxExtraLoad: 1 })];
  const blocked = await together(policies(), counted(100), { blockMs: 2_500 });
  expect(blocked.errors).toEqual([]);
  expect(operations).toBe(24);
  const slow = await together(policies(), counted(4_000));
  expect(slow.errors).toEqual([]);
  expect(operations).toBeGreaterThan(48);
}, 180_000);

it('O2: a process that is busy in short turns all the time still notices an upstream that hangs', async () => {
  const breaker = circuitBreaker({ failingFor: 0, minimumCalls: 10, failureRate: 0.5 });
  const upstream = pipeline('upstream', breaker, timeout(3_000));
  let busy = true;
  const work = (async () => {
    while (busy) {
      block(30);
      await turn();
    }
  })();
  await Promise.allSettled(Array.from({ length: 24 }, () => upstream.execute(exchange(-1))));
  busy = false;
  await work;
  expect(breaker.state).toBe('open');
}, 180_000);

it('O1: a client of fetch loses nothing, and learns nothing false, from a block that is longer than its times', async () => {
  const policies = { attemptTimeout: 1_000, totalTimeout: 10_000 };
  const client = resilientFetch({ policies });
  const get = async () => (await client(`${url}/?ms=20`)).text();
  await Promise.all(Array.from({ length: 24 }, get));
  for (let i = 0; i < 3; i++) {
    const all = Array.from({ length: 24 }, get);
    await turn();
    block(1_500);
    expect(await Promise.all(all)).toEqual(all.map(() => 'ok'));
  }
}, 180_000);
