import { adaptiveLimiter, type Context, pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { clockOf } from '../../src/pipeline/call/attempt-clock.js';

const sleep = (clock: VirtualClock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimer(resolve, ms);
  });

/** Eight callers who upload one after another, for 20 s; each upload takes seven tenths of the time that its caller has. */
async function upload(
  send: (context: Context, clock: VirtualClock) => Promise<void>,
  ...outside: Parameters<typeof pipeline>[1][]
) {
  const clock = new VirtualClock();
  const made = pipeline({ name: 'up', clock }, timeout(1_000), ...outside, adaptiveLimiter());
  const ends: Record<string, number> = {};
  const caller = async (): Promise<void> => {
    while (clock.now() < 20_000) {
      const result = await made.settle((context) => send(context, clock));
      const how = result.status === 'fulfilled' ? 'ok' : String(result.reason.code);
      ends[how] = (ends[how] ?? 0) + 1;
      await sleep(clock, 1);
    }
  };
  await clock.runUntil(Promise.all(Array.from({ length: 8 }, caller)));
  return ends;
}

/** Eight uploads at once, all of them answered, made the limiter refuse most of those that came after: they took most of the time that their callers had. */
describe('the time that a body takes to be sent', () => {
  const sending = async (context: Context, clock: VirtualClock): Promise<void> => {
    const attempt = clockOf(context, undefined);
    attempt.stop();
    await sleep(clock, 700);
    attempt.start(0);
    await sleep(clock, 10);
  };

  it('L2: says nothing of the upstream', async () => {
    expect(await upload(sending)).toEqual({ ok: expect.any(Number) });
    expect(await upload(sending, retry())).toEqual({ ok: expect.any(Number) });
  });

  it('L2: but the time of the answer after it does', async () => {
    const ends = await upload(async (context, clock) => {
      const attempt = clockOf(context, undefined);
      attempt.stop();
      await sleep(clock, 400);
      attempt.start(0);
      await sleep(clock, 400);
    });
    expect(ends).toMatchObject({ ERR_LIMIT_EXCEEDED: expect.any(Number) });
  });

  it('L2: nor does what is still on its way then', async () => {
    const ends = await upload(async (context, clock) => {
      const attempt = clockOf(context, undefined);
      attempt.stop();
      await sleep(clock, 400);
      attempt.start(390);
      await sleep(clock, 400);
    });
    expect(ends).toEqual({ ok: expect.any(Number) });
  });
});
