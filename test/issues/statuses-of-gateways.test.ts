import { FAILURE_STATUSES, isFailureStatus, resilientFetch } from 'holdfast/fetch';
import { MockAgent } from 'undici';
import { describe, expect, it } from 'vitest';
import { type GlobalFetch, quick, ways } from '../fetch/support/breaker-ways.js';
import { double } from '../fetch/support/double.js';

const ALL = Array.from({ length: 900 }, (_, i) => 100 + i);
const isFailure = (status: number): boolean =>
  [408, 425, 429].includes(status) ||
  (status >= 500 && status < 600 && status !== 501 && status !== 505);

/** 520 to 530, 529, 507 and 598 were answers that nobody retried. */
describe('the statuses that are failures', () => {
  it('X2: are 408, 425, 429, and 500 to 599 but 501 and 505', () => {
    expect(ALL.filter(isFailureStatus)).toEqual(ALL.filter(isFailure));
    expect([...FAILURE_STATUSES]).toEqual(ALL.filter(isFailure));
  });

  // A Response can have no other status.
  it('X2: are retried, and no others', async () => {
    for (let status = 200; status < 600; status++) {
      const sent = double(() => new Response(null, { status }));
      const send = resilientFetch({
        fetch: sent as GlobalFetch,
        policies: { ...quick, circuitBreaker: false },
        telemetry: false,
      });
      expect((await send('http://a.example/')).status).toBe(status);
      expect(sent.calls.length, String(status)).toBe(isFailure(status) ? 4 : 1);
    }
  });

  it.each(Object.entries(ways))('X2: with %s', async (_name, make) => {
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get('http://a.example');
    const way = make({ policies: { ...quick, circuitBreaker: false } }, agent);
    for (const status of [425, 507, 520, 529, 530, 599]) {
      pool.intercept({ path: '/' }).reply(status, '');
      pool.intercept({ path: '/' }).reply(200, '');
      expect(await way.status('http://a.example/')).toBe(200);
    }
    for (const status of [501, 505]) {
      pool.intercept({ path: '/' }).reply(status, '');
      expect(await way.status('http://a.example/')).toBe(status);
    }
    await agent.close();
  });
});
