import {
  ConfigError,
  circuitBreaker,
  type Outcome,
  pipeline,
  retry as retryOf,
  standard,
  type Verdict,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilientRequest } from 'holdfast/undici';
import { MockAgent } from 'undici';
import { describe, expect, it, vi } from 'vitest';

const URL = 'http://stock.test/42';
const retry = { maxRetries: 1, initialDelay: 0 };

const answering = (status: number) => (async () => new Response(null, { status })) as typeof fetch;

const NOTHING = [{ policies: { circuit_breaker: { window: { calls: 0 } } } }];

/** The policies of a fetch asked the `isFailure` of their list anew, each for itself: three times about each outcome. */
describe('G15: isFailure of the policies of a fetch', () => {
  const saying = ({ kind }: Outcome): Verdict => kind === 'failure' || 'ignore';

  it('G15: is asked once about each outcome', async () => {
    const isFailure = vi.fn(saying);
    const client = resilientFetch({ fetch: answering(404), policies: { isFailure, retry } });
    await client(URL);
    expect(isFailure).toHaveBeenCalledTimes(1);
  });

  it('G15: of undici, too', async () => {
    const isFailure = vi.fn(saying);
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    dispatcher.get('http://stock.test').intercept({ path: '/42' }).reply(404, 'none');
    const send = resilientRequest({ policies: { isFailure, retry } });
    await (await send(URL, { dispatcher })).body.dump();
    expect(isFailure).toHaveBeenCalledTimes(1);
    await dispatcher.close();
  });

  // Asked about what it had thrown, it called that a failure of the upstream.
  it('G15: what it throws ends the call, is not tried again, and counts for no policy', async () => {
    const isFailure = vi.fn(({ kind }: Outcome): Verdict => {
      if (kind === 'success') throw new RangeError('no verdict');
      return true;
    });
    const client = resilientFetch({ fetch: answering(404), policies: { isFailure, retry } });
    await expect(client(URL)).rejects.toThrow('no verdict');
    expect(isFailure).toHaveBeenCalledTimes(1);
    expect(Object.values(client.snapshot())).toMatchObject(NOTHING);
  });

  it.each([
    ['pipeline', () => pipeline({ name: 'nested', isFailure: () => 'ignore' }, circuitBreaker())],
    ['list', () => standard({ isFailure: () => 'ignore', retry: false })],
  ])('G15: which comes with a %s in their list holds for those beside it', async (_what, inner) => {
    const fetch = vi.fn(answering(503));
    const client = resilientFetch({ fetch, policies: [retryOf(retry), inner()].flat() });
    expect((await client(URL)).status).toBe(503);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it('G15: is not asked about a fault in the set-up', async () => {
    const isFailure = vi.fn(saying);
    const fails = (async () => {
      throw new ConfigError('of another pipeline');
    }) as typeof fetch;
    const client = resilientFetch({ fetch: fails, policies: { isFailure, retry } });
    await expect(client(URL)).rejects.toThrow('of another pipeline');
    expect(isFailure).not.toHaveBeenCalled();
    expect(Object.values(client.snapshot())).toMatchObject(NOTHING);
  });
});
