import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  wrap,
} from 'cockatiel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeGlobals } from '../../src/simulator/fake-globals.js';
import { settleByTurn, VirtualTime } from '../../src/simulator/virtual-time.js';

/** What a simulation may touch. */
function touched(): unknown[] {
  return [
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    setImmediate,
    Date,
    Date.now,
    Math.random,
    performance.now,
    AbortSignal.timeout,
    Object.keys(globalThis).sort().join(),
    Object.getOwnPropertyNames(performance).join(),
  ];
}

let time: VirtualTime;
let before: unknown[];
let restore: () => void;
let log: string[];
const say = (text: string): void => {
  log.push(`${text} ${time.now()}`);
};

beforeEach(() => {
  log = [];
  time = new VirtualTime(settleByTurn);
  before = touched();
  let n = 0;
  restore = fakeGlobals(time, () => (n++ % 10) / 10);
});
afterEach(() => restore());

describe('faked globals', () => {
  it('are the same as ever afterwards', () => {
    expect(touched()).not.toEqual(before);
    restore();
    expect(touched()).toEqual(before);
  });

  it('run timeouts in simulated time, with their arguments, in order', async () => {
    setTimeout(say, 20, 'b');
    setTimeout(say, 10, 'a');
    setTimeout(say, 0, 'at once');
    setTimeout(say, 1e9, 'late');
    const cleared = setTimeout(say, 15, 'cleared');
    clearTimeout(cleared);
    clearTimeout(undefined);
    await time.run(100);
    expect(log).toEqual(['at once 1', 'a 10', 'b 20']);
  });

  it('clear a timer by its number, too, and through close()', async () => {
    const timer = setTimeout(say, 10, 'by number');
    expect(Number(timer)).toBe(Number(timer));
    expect(Number(setTimeout(say, 10, 'another'))).not.toBe(Number(timer));
    clearTimeout(Number(timer));
    setTimeout(say, 10, 'closed').close();
    await time.run(100);
    expect(log).toEqual(['another 10']);
  });

  it('run intervals until they are cleared', async () => {
    const timer = setInterval(() => {
      say('tick');
      if (log.length === 3) clearInterval(timer);
    }, 10);
    await time.run(100);
    expect(log).toEqual(['tick 10', 'tick 20', 'tick 30']);
  });

  it('know refresh, ref, unref and hasRef', async () => {
    const timer = setTimeout(say, 10, 'refreshed');
    expect(timer.unref().ref().hasRef()).toBe(true);
    setTimeout(() => timer.refresh(), 5);
    await time.run(14);
    expect(log).toEqual([]);
    await time.run(100);
    timer.refresh();
    await time.run(200);
    expect(log).toEqual(['refreshed 15', 'refreshed 110']);
  });

  it('tell simulated time and repeatable chance', async () => {
    const start = Date.now();
    await time.run(1_500);
    expect(performance.now()).toBe(1_500);
    expect(Date.now() - start).toBe(1_500);
    expect(new Date()).toEqual(new Date(Date.now()));
    expect(new Date(5).getTime()).toBe(5);
    expect(Date()).toBe(new Date().toString());
    expect(Date.UTC(2020, 0, 1)).toBe(new Date('2020-01-01T00:00:00Z').getTime());
    expect(new Date() instanceof Date).toBe(true);
    expect([Math.random(), Math.random()]).toEqual([0, 0.1]);
  });

  it('take dates of before for dates', () => {
    restore();
    const date = new Date();
    restore = fakeGlobals(time, () => 0);
    expect(date instanceof Date).toBe(true);
  });

  it('abort by AbortSignal.timeout', async () => {
    const signal = AbortSignal.timeout(250);
    signal.addEventListener('abort', () => say(String((signal.reason as Error).name)));
    await time.run(1_000);
    expect(log).toEqual(['TimeoutError 250']);
  });

  it('leave a timer of before to the host', async () => {
    restore();
    let fired = false;
    const timer = setTimeout(() => {
      fired = true;
    }, 1);
    restore = fakeGlobals(time, () => 0);
    clearTimeout(timer);
    restore();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fired).toBe(false);
  });

  it('are enough for a library without a clock', async () => {
    const policy = wrap(
      retry(handleAll, {
        maxAttempts: 3,
        backoff: new ExponentialBackoff({ initialDelay: 1_000, maxDelay: 60_000 }),
      }),
      circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(4) }),
    );
    const call = (): Promise<void> =>
      policy
        .execute(() => {
          say('sent');
          return Promise.reject(new Error('no'));
        })
        .then(
          () => {},
          () => {},
        );
    void call();
    setTimeout(() => void call(), 20_000);
    setTimeout(() => void call(), 25_000);
    setTimeout(() => void call(), 40_000);
    await time.run(100_000);
    const at = log.map((line) => Number(line.split(' ')[1]));
    expect(at.slice(0, 1)).toEqual([0]);
    expect(at.length).toBeGreaterThan(4);
    // Nothing is sent by whom the breaker refuses: it opened at 20 s and let a probe through at 40 s.
    expect(at.filter((ms) => ms > 20_000 && ms < 30_000)).toEqual([]);
    expect(at.filter((ms) => ms >= 40_000).length).toBeGreaterThan(0);
  });
});
