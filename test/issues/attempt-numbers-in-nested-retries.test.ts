import { pipeline, retry } from 'holdfast';
import { expect, it } from 'vitest';
import { active, gate } from '../pipeline/support/layers.js';

const atOnce = { initialDelay: 0, maxDelay: 0, jitter: 'none', budget: false } as const;

/** Policies of a second run saw no attempts at all: they were counted in the first pass of the call only. */
it('attempts are counted over the whole call, however deep the retry is', async () => {
  const seen: number[] = [];
  const calls = pipeline(
    'calls',
    retry({ ...atOnce, maxRetries: 1, name: 'outer' }),
    retry({ ...atOnce, maxRetries: 1, name: 'inner' }),
    gate({ exit: (call) => seen.push(call.attempts) }),
  );
  const events: unknown[] = [];
  calls.on('retry', ({ policy, attempt }) => events.push([policy, attempt]));
  calls.on('retry_stopped', ({ policy, attempts }) => events.push([policy, attempts]));
  await calls.settle(() => Promise.reject(new Error('no')));
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(events).toEqual([
    ['inner', 2],
    ['inner', 2],
    ['outer', 3],
    ['inner', 4],
    ['inner', 4],
    ['outer', 4],
  ]);
});

/** Each run of a driver that makes all runs itself counted as a first attempt. */
it('runs after the first are retries, also of a driver that makes the first one itself', async () => {
  const kinds: string[] = [];
  const calls = pipeline(
    'calls',
    active(async (drive) => {
      await drive.next();
      await drive.next({ kind: 'hedge' });
      return drive.next();
    }),
  );
  calls.on('attempt', ({ kind }) => kinds.push(kind));
  await calls.execute(() => 1);
  expect(kinds).toEqual(['first', 'hedge', 'retry']);
});

it('the runs of a driver inside a retry are retries', async () => {
  const kinds: string[] = [];
  const calls = pipeline(
    'calls',
    retry({ ...atOnce, maxRetries: 1 }),
    active((drive) => drive.next()),
  );
  calls.on('attempt', ({ kind }) => kinds.push(kind));
  await calls.settle(() => Promise.reject(new Error('no')));
  expect(kinds).toEqual(['first', 'retry']);
});
