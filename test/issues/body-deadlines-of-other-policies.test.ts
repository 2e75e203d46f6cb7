import { bulkhead, type TimeoutError, timeout } from 'holdfast';
import { type FetchPolicies, resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import type { SentCall } from '../fetch/support/double.js';

/** A body that never comes, and fails as fetch's bodies do. */
function stalled({ init }: SentCall): Response {
  const signal = init['signal'] as AbortSignal;
  const body = new ReadableStream({
    start(controller) {
      signal.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return new Response(body);
}

function make(
  policies: FetchPolicies,
  answer: (call: SentCall) => unknown = stalled,
  options: object = {},
) {
  const clock = new VirtualClock();
  const fetch = async (input: string, init: object): Promise<Response> =>
    answer({ input, init: init as Record<string, unknown> }) as Response;
  return {
    clock,
    send: resilientFetch({
      fetch: fetch as unknown as typeof globalThis.fetch,
      policies,
      clock,
      ...options,
    }),
  };
}

/** Reads a body, and notes how that ended. */
function read(response: Response): { error?: TimeoutError; text?: string } {
  const end: { error?: TimeoutError; text?: string } = {};
  response.text().then(
    (text) => Object.assign(end, { text }),
    (error: unknown) => Object.assign(end, { error }),
  );
  return end;
}

describe('the time of a body', () => {
  /** With retries off, the attempt timeout was taken for one of the whole call, and so were the timeouts of a list. */
  it.each([
    ['nothing retries', { retry: false } as FetchPolicies],
    ['a list has no retry', [timeout('5s'), timeout('1s')]],
  ])('X7: is no timeout of the policies, also where %s', async (_, policies) => {
    const { clock, send } = make(policies);
    const end = read(await send('http://a.example/'));
    await clock.advance(29_999);
    expect(end).toEqual({});
    await clock.advance(1);
    expect(end.error).toMatchObject({ policy: 'idle_timeout', timeoutMs: 30_000 });
  });

  /** It was counted from before the queue: a call that had waited got a body whose time was over. */
  it('X7: begins with its headers, not while the call waits', async () => {
    const { clock, send } = make(
      [bulkhead({ maxConcurrent: 1, maxQueued: 1 })],
      (call) => new Promise((resolve) => clock.setTimer(() => resolve(stalled(call)), 4_000)),
      { bodyTimeout: '5s' },
    );
    const first = send('http://a.example/');
    const second = send('http://a.example/');
    await clock.advance(4_000);
    await first;
    await clock.advance(4_000);
    const end = read(await second);
    await clock.advance(4_999);
    expect(end).toEqual({});
    await clock.advance(1);
    expect(end.error).toMatchObject({ policy: 'body_timeout', timeoutMs: 5_000 });
  });
});

/** Where each key has policies of its own, 10 s were waited for a body that did not come, whatever the attempt timeout. */
it('X5: a discarded body that does not come is cancelled after the attempt timeout of its key', async () => {
  const clock = new VirtualClock();
  let cancelled = false;
  let calls = 0;
  const fetch = async (): Promise<Response> => {
    if (++calls > 1) return new Response('good');
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    return new Response(body, { status: 503, headers: { 'content-length': '10' } });
  };
  const policies = () => ({
    attemptTimeout: '1s' as const,
    retry: { initialDelay: 0, maxDelay: 0 },
  });
  const send = resilientFetch({
    fetch: fetch as unknown as typeof globalThis.fetch,
    policies,
    clock,
  });
  expect(await (await send('http://a.example/')).text()).toBe('good');
  await clock.advance(999);
  expect(cancelled).toBe(false);
  await clock.advance(1);
  expect(cancelled).toBe(true);
});
