import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callCost, RateLimitedError, rateLimiter } from 'holdfast';
import { rateLimitHeaders, resilientFetch } from 'holdfast/fetch';
import { afterEach, describe, expect, it } from 'vitest';

const LIMIT = 1_000;

/** A model with a quota of tokens in an hour, as providers have them: what is too much is a 429, and each answer says what is left. */
class Model {
  used = 0;
  refused = 0;
  served = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/messages`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { tokens } = JSON.parse(body) as { tokens: number };
    const fits = this.used + tokens <= LIMIT;
    if (fits) this.used += tokens;
    this[fits ? 'served' : 'refused']++;
    response.writeHead(fits ? 200 : 429, {
      'content-type': 'application/json',
      'x-ratelimit-limit-tokens': String(LIMIT),
      'x-ratelimit-remaining-tokens': String(LIMIT - this.used),
      'x-ratelimit-reset-tokens': '59m59s',
    });
    response.end(JSON.stringify({ usage: { total_tokens: tokens } }));
  }
}

const models: Model[] = [];
afterEach(() => Promise.all(models.splice(0).map((each) => each.close())));

async function model(): Promise<{ model: Model; url: string }> {
  const made = new Model();
  models.push(made);
  return { model: made, url: await made.listen() };
}

/** A process of its own, as far as limiters know. */
function client(options: { limit: number; learns: boolean }) {
  const { limit, learns } = options;
  const learn = learns ? rateLimitHeaders('tokens') : undefined;
  return resilientFetch({
    policies: [rateLimiter({ name: 'tokens', limit, per: '1h', learn })],
    telemetry: false,
  });
}

const asking = (tokens: number) => ({ method: 'POST', body: JSON.stringify({ tokens }) });

describe('a quota of tokens, over real sockets', () => {
  it('L4: a limiter that knows what calls cost sends no call that the upstream would refuse', async () => {
    const { model: upstream, url } = await model();
    const fetch = client({ limit: LIMIT, learns: false });
    const costs = [300, 50, 400, 200, 100, 49, 700];
    const ends = await Promise.allSettled(
      costs.map((cost) => fetch(url, asking(cost), { cost: { tokens: cost } })),
    );
    expect(ends.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
      ...['rejected', 'fulfilled', 'rejected'],
    ]);
    expect(upstream).toMatchObject({ served: 5, refused: 0, used: 999 });
    const tooDear = fetch(url, asking(1), { cost: { tokens: LIMIT + 1 } });
    await expect(tooDear).rejects.toMatchObject({ reason: 'cost_above_burst', policy: 'tokens' });
    fetch.dispose();
  });

  it('L5: what an answer says that it has cost is corrected, and then there is room again', async () => {
    const { model: upstream, url } = await model();
    const fetch = client({ limit: LIMIT, learns: false });
    const cost = callCost({ tokens: 900 });
    const answer = await fetch(url, asking(150), { cost });
    const small = () => fetch(url, asking(200), { cost: { tokens: 200 } });
    await expect(small()).rejects.toBeInstanceOf(RateLimitedError);
    const { usage } = (await answer.json()) as { usage: { total_tokens: number } };
    cost.correct({ tokens: usage.total_tokens });
    expect((await small()).status).toBe(200);
    expect(upstream).toMatchObject({ served: 2, refused: 0, used: 350 });
    fetch.dispose();
  });

  it.each([
    [true, 0],
    [false, 10],
  ])(
    'L6: two clients of one quota; when they learn (%s), calls that are refused: %d',
    async (learns, refused) => {
      const { model: upstream, url } = await model();
      // Each believes that it has all of it.
      const clients = [client({ limit: LIMIT, learns }), client({ limit: LIMIT, learns })];
      for (let i = 0; i < 20; i++) {
        const fetch = clients[i % 2] as (typeof clients)[number];
        const response = await fetch(url, asking(100), { cost: { tokens: 100 } }).catch(
          (error: unknown) => error,
        );
        if (!(response instanceof Response)) expect(response).toBeInstanceOf(RateLimitedError);
        else await response.arrayBuffer();
      }
      expect(upstream.served).toBe(10);
      // Each hears of the end of the quota with the next of its own answers.
      expect(upstream.refused).toBeLessThanOrEqual(refused === 0 ? 1 : refused);
      if (!learns) expect(upstream.refused).toBe(refused);
      for (const fetch of clients) fetch.dispose();
    },
  );
});
