import { keyed, pipeline, throttle } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { afterEach, expect, it } from 'vitest';
import { Metrics, unregister } from './support/sdk.js';

afterEach(unregister);

const NAME = 'holdfast.throttle.probability';
const of = (name: string) => ({ 'holdfast.pipeline': name, 'holdfast.policy': 'throttle' });
const fails = () => Promise.reject(new Error('503'));
/** Refuses all it can. */
const refusing = () => throttle({ minimumCalls: 1, random: () => 0 });

it('the gauge shows the probability of the moment, and what is refused counts as throttled', async () => {
  const sdk = new Metrics().register();
  const clock = new VirtualClock();
  const made = pipeline({ name: 'one', clock }, refusing());
  expect(await sdk.points(NAME, of('one'))).toEqual([{ labels: {}, value: 0 }]);
  await made.settle(fails);
  expect(await sdk.sum(NAME, of('one'))).toBe(0.5);
  await made.settle(() => 1);
  expect(await sdk.sum(NAME, of('one'))).toBeCloseTo(2 / 3);
  expect(await sdk.points('holdfast.rejections', of('one'))).toEqual([
    { labels: { 'holdfast.reason': 'throttled', 'holdfast.enforced': true }, value: 1 },
  ]);
  // Nobody calls any more: the window moves on all the same.
  await clock.advance('2m');
  expect(await sdk.sum(NAME, of('one'))).toBe(0);
});

it('a dry run shows what it would do', async () => {
  const sdk = new Metrics().register();
  const policy = throttle({ minimumCalls: 1, random: () => 0, dryRun: true });
  const made = pipeline('dry', policy);
  await made.settle(fails);
  await made.execute(() => 1);
  expect(await sdk.sum(NAME, of('dry'))).toBeCloseTo(2 / 3);
  expect(await sdk.points('holdfast.rejections', of('dry'))).toEqual([
    { labels: { 'holdfast.reason': 'throttled', 'holdfast.enforced': false }, value: 1 },
  ]);
});

it('copies, and pipelines of one name, show the probability over all their calls together', async () => {
  const sdk = new Metrics().register();
  const template = pipeline('hosts', throttle({ minimumCalls: 1, random: () => 0.999 }));
  const byHost = keyed(template);
  for (let i = 0; i < 3; i++) await byHost.settle('down', fails);
  for (let i = 0; i < 9; i++) await byHost.execute('good', () => 1);
  // Of 12 calls, three are those of a host at 3/4.
  expect(await sdk.points(NAME, of('hosts'))).toEqual([
    { labels: {}, value: expect.closeTo(((3 / 4) * 3) / 12) },
  ]);
  const other = pipeline('hosts', refusing());
  await other.settle(fails);
  expect(await sdk.sum(NAME, of('hosts'))).toBeCloseTo(((3 / 4) * 3 + (1 / 2) * 1) / 13);
});
