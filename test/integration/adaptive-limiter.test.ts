import { adaptiveLimiter, pipeline, timeout } from 'holdfast';
import { flakyUpstream } from 'holdfast/testing';
import { expect, it } from 'vitest';

it('L2: over real sockets, the limit comes down to what a server can do, and everything is answered', async () => {
  // 60 clients in a loop, and a server that works on eight requests at a time: without a limit, most would wait there.
  await using upstream = await flakyUpstream({ capacity: { workers: 8, serviceTime: '10ms' } });
  const policy = adaptiveLimiter({
    initialLimit: 60,
    maxQueued: 60,
    maxWait: '1m',
  });
  const made = pipeline('server', policy, timeout('30s'));
  let left = 1_500;
  let answered = 0;
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const status = await made.execute(async ({ signal }) => {
        const response = await fetch(upstream.url, { signal });
        await response.text();
        return response.status;
      });
      if (status === 200) answered++;
    }
  };
  await Promise.all(Array.from({ length: 60 }, client));
  const { limit, ...rest } = policy.snapshot();
  expect(answered).toBe(1_500);
  expect(rest).toMatchObject({ inFlight: 0, queued: 0 });
  expect(limit).toBeLessThan(45);
  expect(rest.unloadedMs).toBeGreaterThan(9);
}, 60_000);
