import { circuitBreaker, keyed, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

const P = 'holdfast.pipeline';
const TIME = 'holdfast.circuit_breaker.time';
let names = 0;
const fresh = (): string => `t${++names}`;
const fails = () => Promise.reject(new TypeError('down'));

/** Opens at the first failure for exactly five seconds, and closes at once. */
const options = {
  consecutiveFailures: 1,
  openFor: '5s',
  maxOpenFor: '5s',
  probes: 1,
  rampFor: 0,
  random: () => 0.5,
} as const;

const times = async (sdk: Metrics, name: string) =>
  Object.fromEntries(
    (await sdk.begun(TIME, { [P]: name })).map(({ labels, value }) => [
      labels['holdfast.state'],
      Math.round(value * 1_000) / 1_000,
    ]),
  );

it('time goes to the state in which it is spent, with no call and no timer', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const breaker = circuitBreaker(options);
  const made = pipeline({ name, clock }, breaker);
  expect(await times(sdk, name)).toEqual({ closed: 0, open: 0, half_open: 0, isolated: 0 });
  await clock.advance('10s');
  expect(await times(sdk, name)).toEqual({ closed: 10, open: 0, half_open: 0, isolated: 0 });
  await made.settle(fails);
  await clock.advance('2s');
  expect(await times(sdk, name)).toEqual({ closed: 10, open: 2, half_open: 0, isolated: 0 });
  // Its open time is over after five seconds, though nobody comes to see it.
  await clock.advance('10s');
  expect(await times(sdk, name)).toEqual({ closed: 10, open: 5, half_open: 7, isolated: 0 });
  await clock.advance('1s');
  await made.execute(() => 1);
  await clock.advance('4s');
  expect(await times(sdk, name)).toEqual({ closed: 14, open: 5, half_open: 8, isolated: 0 });
  const isolation = breaker.isolate();
  await clock.advance('3s');
  isolation.release();
  await clock.advance('1s');
  expect(await times(sdk, name)).toEqual({ closed: 15, open: 5, half_open: 8, isolated: 3 });
});

it('it is the same whether or not anybody looks in between', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const breaker = circuitBreaker(options);
  const made = pipeline({ name, clock }, breaker);
  await made.settle(fails);
  await clock.advance('7s');
  await made.settle(fails);
  await clock.advance('3s');
  breaker.isolate();
  await clock.advance('1s');
  breaker.reset();
  await made.settle(fails);
  await clock.advance('9s');
  breaker.isolate();
  expect(await times(sdk, name)).toEqual({
    closed: 0,
    open: 5 + 3 + 5,
    half_open: 2 + 4,
    isolated: 1,
  });
});

it('copies of a keyed pipeline are added up; one that is dropped adds no more, and the template nothing', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const template = pipeline({ name, clock }, circuitBreaker(options));
  await clock.advance('1s');
  const byHost = keyed(template);
  await clock.advance('1s');
  for (const host of ['a', 'b', 'c']) byHost.get(host);
  await byHost.settle('a', fails);
  await clock.advance('2s');
  // What the template was before it was one, and two copies.
  expect(await times(sdk, name)).toEqual({ closed: 1 + 4, open: 2, half_open: 0, isolated: 0 });
  byHost.delete('b');
  await clock.advance('5s');
  expect(await times(sdk, name)).toEqual({ closed: 5 + 5, open: 5, half_open: 2, isolated: 0 });
  byHost.dispose();
  await clock.advance('9s');
  expect(await times(sdk, name)).toEqual({ closed: 10, open: 5, half_open: 2, isolated: 0 });
});

it('it ends when the pipeline is disposed of, but not for another one that has the same breaker', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const [one, two] = [fresh(), fresh()];
  const breaker = circuitBreaker(options);
  const first = pipeline({ name: one, clock }, breaker);
  const second = pipeline({ name: two, clock }, breaker);
  await clock.advance('2s');
  first.dispose();
  await clock.advance('3s');
  expect((await times(sdk, one))['closed']).toBe(2);
  expect((await times(sdk, two))['closed']).toBe(5);
  expect(second.name).toBe(two);
});

it('a breaker that starts open, or isolated, is so from the start', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const [one, two] = [fresh(), fresh()];
  const open = circuitBreaker({ ...options });
  const before = pipeline({ name: fresh(), clock }, open);
  await before.settle(fails);
  await clock.advance('1s');
  const initialState = open.snapshot();
  const isolated = circuitBreaker({ ...options });
  isolated.isolate();
  const made = [
    pipeline({ name: one, clock }, circuitBreaker({ ...options, initialState })),
    pipeline({ name: two, clock }, isolated),
  ];
  await clock.advance('6s');
  expect(await times(sdk, one)).toEqual({ closed: 0, open: 4, half_open: 2, isolated: 0 });
  expect(await times(sdk, two)).toEqual({ closed: 0, open: 0, half_open: 0, isolated: 6 });
  expect(made).toHaveLength(2);
});

it('a clock that goes back takes no time away', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  let back = 0;
  const now = clock.now.bind(clock);
  clock.now = () => now() - back;
  const name = fresh();
  const made = pipeline({ name, clock }, circuitBreaker(options));
  await clock.advance('10s');
  expect((await times(sdk, name))['closed']).toBe(10);
  back = 4_000;
  expect((await times(sdk, name))['closed']).toBe(10);
  await made.settle(fails);
  await clock.advance('6s');
  // It opened at 6 and is open until 11: for all that was known, it was 10 then.
  const { closed, open, half_open: half } = await times(sdk, name);
  expect([closed, open, half]).toEqual([10, 1, 1]);
});

it('a pipeline that is gone leaves its time behind', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const name = fresh();
  const gone = await (async () => {
    const made = pipeline({ name, clock }, circuitBreaker(options));
    await clock.advance('3s');
    await made.settle(fails);
    await clock.advance('1s');
    await times(sdk, name);
    return new WeakRef(made);
  })();
  await pipeline({ name: 'other', telemetry: false }).execute(() => 1);
  for (let i = 0; i < 50 && gone.deref() !== undefined; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  expect(gone.deref() === undefined).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await clock.advance('9s');
  expect(await times(sdk, name)).toEqual({ closed: 3, open: 1, half_open: 0, isolated: 0 });
});
