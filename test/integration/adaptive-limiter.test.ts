import { adaptiveLimiter, pipeline, timeout } from 'holdfast';
import { flakyUpstream } from 'holdfast/testing';
import { expect, it } from 'vitest';

it('L2: over real sockets, the limit comes down to what a server can do, and everything is answered', async () => {
  // 60 clients in a loop, and a server that works on eight requests at a time: without a limit, most would wait there.
  await using upstream = await flakyUpstream({ capacity: { workers: 8, serviceTime: '40ms' } });
  const policy = adaptiveLimiter({
    algorithm: 'gradient',
    initialLimit: 60,
    maxQueued: 60,
    maxWait: '1m',
  });
  const made = pipeline('server', policy, timeout('30s'));
  let sent = 0;
  let answered = 0;
  let isDown = false;
  const limits: number[] = [];
  const client = async (): Promise<void> => {
    while (!isDown && sent < 10_000) {
      sent++;
      const status = await made.execute(async ({ signal }) => {
        const response = await fetch(upstream.url, { signal });
        await response.text();
        return response.status;
      });
      if (status === 200) answered++;
      limits.push(policy.snapshot().limit);
      // The usual limit of the last 400 calls. A single one may be any: a machine that stops for a moment looks like a slower server.
      isDown = limits.length >= 400 && limits.slice(-400).sort((a, b) => a - b)[200]! < 45;
    }
  };
  await Promise.all(Array.from({ length: 60 }, client));
  expect(isDown).toBe(true);
  expect(answered).toBe(sent);
  const now = policy.snapshot();
  expect(now).toMatchObject({ inFlight: 0, queued: 0 });
  expect(now.unloadedMs).toBeGreaterThan(36);
}, 300_000);

it('L2: over real sockets, the brake lets a burst of 500 calls into a healthy server, and loses none', async () => {
  await using upstream = await flakyUpstream();
  const policy = adaptiveLimiter();
  const made = pipeline('healthy', timeout('30s'), policy);
  const get = async ({ signal }: { signal: AbortSignal }): Promise<number> => {
    const response = await fetch(upstream.url, { signal });
    await response.text();
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: 500 }, () => made.execute(get)));
  expect(statuses.every((status) => status === 200)).toBe(true);
  expect(policy.snapshot()).toMatchObject({ limit: 10_000, inFlight: 0, queued: 0 });
}, 180_000);

it('L2: over real sockets, the brake keeps calls in flight few at a server that hangs, and is back when that answers again', async () => {
  await using hanging = await flakyUpstream({ latency: '1h' });
  await using well = await flakyUpstream();
  let { url } = hanging;
  const policy = adaptiveLimiter({ maxQueued: 0 });
  const made = pipeline('server', timeout('400ms'), policy);
  const get = async ({ signal }: { signal: AbortSignal }): Promise<number> => {
    const response = await fetch(url, { signal });
    await response.text();
    return response.status;
  };
  const wave = (count: number) =>
    Promise.all(Array.from({ length: count }, () => made.settle(get)));
  let sent = 0;
  for (let i = 0; i < 8; i++) {
    for (const each of await wave(40)) {
      if (each.status === 'rejected' && (each.reason as Error).name === 'TimeoutError') sent++;
    }
  }
  // Of 320 calls.
  expect(sent).toBeLessThan(200);
  expect(policy.snapshot().limit).toBeLessThan(20);
  url = well.url;
  let good = 0;
  for (let i = 0; i < 200 && good < 40; i++) {
    good = (await wave(40)).filter(({ status }) => status === 'fulfilled').length;
    if (good < 40) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(good).toBe(40);
}, 180_000);
