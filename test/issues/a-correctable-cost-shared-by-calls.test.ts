import { ConfigError, callCost, rateLimiter } from 'holdfast';
import { defineService } from 'holdfast/services';
import { expect, it } from 'vitest';
import { origin } from '../services-api/support/origin.js';

const server = origin();

const declared = (
  cost: unknown,
  limiter = rateLimiter({ limit: 100, per: '1h', name: 'tokens' }),
) =>
  defineService('orders', {
    baseUrl: server.url,
    registry: false,
    policies: [limiter],
    operations: { getOrder: { method: 'GET', path: '/order', cost: cost as number } },
  });

/** One for all calls of an operation: the correction of a call became the estimate of the next, and was told of another one's permits. */
it('L5: an operation of a service takes no callCost', () => {
  const remedy =
    "defineService('orders').operations.getOrder.cost: must be a number of permits (0 to 2^53 - 1) or numbers by the names of rate limiters; give a callCost to each call";
  for (const cost of [callCost({ tokens: 5 }), callCost(5), '5', -1, { tokens: '1' }]) {
    expect(() => declared(cost)).toThrow(ConfigError);
    expect(() => declared(cost)).toThrow(remedy);
  }
});

it('L5: a call of that operation takes one, in place of what the operation sets', async () => {
  const orders = declared({ tokens: 60 });
  await orders.getOrder();
  const cost = callCost({ tokens: 100 });
  // The first call has left 40.
  await expect(orders.getOrder({}, { cost })).rejects.toMatchObject({ name: 'RateLimitedError' });
  const fits = callCost({ tokens: 40 });
  await orders.getOrder({}, { cost: fits });
  fits.correct({ tokens: 10 });
  await orders.getOrder({}, { cost: 30 });
});
