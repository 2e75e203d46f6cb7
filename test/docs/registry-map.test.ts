import { describe, expect, it } from 'vitest';
import { resilientFetch } from '../../src/fetch/index.js';
import {
  circuitBreaker,
  pipeline,
  type Registry,
  registry,
  type ServiceMap,
} from '../../src/index.js';
import { joinMaps, mapToMermaid, mapToSvg } from '../../src/services/index.js';
import { VirtualClock } from '../../src/testing/index.js';
import { pages } from './pages.js';

/** Four services of a shop in virtual time: payments is down, and stock is slow. Their maps are joined, as docs/registry-map.md shows them. */
const clock = new VirtualClock();

const pause = (ms: number) => new Promise<void>((resolve) => void clock.setTimer(resolve, ms));
const breaker = () => circuitBreaker({ openFor: '1m' });

/** A dependency over HTTP that takes so long, and fails at every n-th call. */
function upstream(
  ours: Registry,
  name: string,
  ms: number,
  failsEvery = Infinity,
  critical = false,
) {
  let calls = 0;
  const answer = async (_url: string): Promise<Response> => {
    await pause(ms);
    return new Response(null, { status: ++calls % failsEvery === 0 ? 500 : 200 });
  };
  return resilientFetch({
    name,
    registry: ours,
    critical,
    clock,
    fetch: answer,
    baseUrl: `http://${name}.internal:8080/`,
    policies: { retry: false, circuitBreaker: { openFor: '1m' } },
  });
}

async function shop(): Promise<{ one: ServiceMap; all: ServiceMap }> {
  const web = registry();
  const orders = registry();
  const stock = registry();
  const toOrders = upstream(web, 'orders', 90, 50, true);
  const toSearch = upstream(web, 'search', 35);
  const toStock = upstream(orders, 'stock', 1_400, 25, true);
  const toPayments = upstream(orders, 'payments', 20, 1, true);
  const toEmail = upstream(orders, 'email', 60);
  const database = pipeline(
    { name: 'postgres', registry: stock, critical: true, clock },
    breaker(),
  );
  const cache = pipeline({ name: 'redis', registry: stock, clock });
  const draw = async () => {
    const maps = [
      await web.map({ service: 'web', latency: true }),
      await orders.map({ service: 'orders', addresses: ['orders.internal:8080'], latency: true }),
      await stock.map({ service: 'stock', addresses: ['stock.internal:8080'], latency: true }),
    ];
    return { one: maps[1] as ServiceMap, all: joinMaps(...maps) };
  };
  await draw();
  const calls: Promise<unknown>[] = [];
  for (let second = 0; second < 20; second++) {
    for (const fetch of [
      toOrders,
      toOrders,
      toOrders,
      toSearch,
      toStock,
      toPayments,
      toPayments,
      toEmail,
    ]) {
      calls.push(fetch('/').catch(() => undefined));
    }
    calls.push(
      database.execute(() => pause(4)),
      cache.execute(() => pause(1)),
    );
    await clock.advance('1s');
  }
  await clock.advance('5s');
  await Promise.all(calls);
  return draw();
}

describe('docs/registry-map.md', () => {
  it('shows what is drawn today: `npx vitest run test/docs/registry-map.test.ts -u`', async () => {
    const { one, all } = await shop();
    await expect(mapToSvg(all)).toMatchFileSnapshot('../../docs/registry/map.svg');
    const page = pages().find(({ path }) => path === 'docs/registry-map.md')?.text ?? '';
    const shown = /```mermaid\n([\s\S]*?)```/.exec(page)?.[1];
    expect(shown).toBe(mapToMermaid(one).replaceAll('\u00a0', ' '));
  });
});
