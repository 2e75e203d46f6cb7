import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { double, hang } from '../../fetch/support/double.js';

/** What docs/recipes/model-sdks.md says of SDKs for models, which take a fetch and abort with a controller of their own. */
describe('SDKs for models', () => {
  const URL_A = 'https://models.example/v1/chat/completions';

  /** The state of the breaker after a call that hangs, by who gave it up. */
  async function afterHanging(sdkTimeoutMs: number) {
    const clock = new VirtualClock();
    const policies = { totalTimeout: 1_000, attemptTimeout: 1_000 };
    const send = double(hang) as typeof globalThis.fetch;
    const fetch = resilientFetch({ clock, policies, fetch: send });
    const sdk = new AbortController();
    clock.setTimer(() => sdk.abort(), sdkTimeoutMs);
    const call = fetch(URL_A, { method: 'POST', body: '{}', signal: sdk.signal });
    const name = call.then(
      () => 'answered',
      (error: Error) => error.name,
    );
    await clock.advance(3_000);
    const breaker = fetch.snapshot()['https://models.example']?.policies['circuit_breaker'];
    return { name: await name, window: (breaker as unknown as { window: object }).window };
  }

  it('X9: a timeout of the SDK is a caller’s abort, and the breaker does not see the model hang', async () => {
    expect(await afterHanging(500)).toEqual({
      name: 'AbortError',
      window: { calls: 0, failures: 0, slow: 0 },
    });
  });

  it('X9: with the SDK’s timeout above it, the total timeout is a failure that the breaker sees', async () => {
    expect(await afterHanging(2_000)).toEqual({
      name: 'TimeoutError',
      window: { calls: 1, failures: 1, slow: 0 },
    });
  });

  it('X1: the data: URL with which SDKs find out about FormData is answered with the platform’s Response', async () => {
    const response = await resilientFetch()('data:,');
    expect(response.constructor).toBe(Response);
    expect(await response.text()).toBe('');
  });
});
