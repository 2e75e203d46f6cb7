import {
  type BulkheadSnapshot,
  bulkhead,
  type CircuitBreakerPolicy,
  type CircuitBreakerSnapshot,
  circuitBreaker,
  fallback,
  type Gate,
  keyed,
  type Pipeline,
  type Policy,
  pipeline,
  retry,
  standard,
  standardPolicyNames,
  throttle,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { expect, expectTypeOf, it } from 'vitest';

/** To read a breaker's state out of a snapshot took a cast, and a name that one had to guess. */

it('a snapshot has the type of each policy’s own, by its name', () => {
  const { policies } = pipeline(
    'orders',
    timeout('1s'),
    retry(),
    circuitBreaker(),
    bulkhead({ name: 'slots', maxConcurrent: 3 }),
  ).snapshot();
  expectTypeOf(policies.circuit_breaker).toEqualTypeOf<CircuitBreakerSnapshot>();
  expectTypeOf(policies.slots).toEqualTypeOf<BulkheadSnapshot>();
  expect([policies.circuit_breaker.state, policies.slots.maxConcurrent]).toEqual(['closed', 3]);
  // @ts-expect-error: there is no such policy.
  expect(() => policies.circuit_braker.state).toThrow(TypeError);
});

it('policies of nested pipelines, lists and copies are typed, too', () => {
  const inner = pipeline('inner', circuitBreaker({ name: 'inner_breaker' }), throttle());
  const outer = pipeline('outer', fallback('none'), inner, circuitBreaker());
  const byKey = keyed(outer);
  byKey.get('a');
  for (const { policies } of [outer.snapshot(), byKey.get('a').snapshot()]) {
    expect(policies.inner_breaker.state).toBe('closed');
    expect(policies.circuit_breaker.state).toBe('closed');
    expect(policies.throttle.probability).toBe(0);
  }
  expect(byKey.snapshot()['a']?.policies.inner_breaker.state).toBe('closed');
});

it('of standard() as well, and what options leave out may be undefined', () => {
  const all = pipeline('all', ...standard({ retry: { maxRetries: 1 } })).snapshot().policies;
  expect([all.circuit_breaker.state, typeof all.adaptive_limiter.limit]).toEqual([
    'closed',
    'number',
  ]);
  expect(all.bulkhead?.inFlight).toBeUndefined();
  const some = pipeline(
    'some',
    ...standard({ circuitBreaker: false, bulkhead: { maxConcurrent: 2 } }),
  );
  const { policies } = some.snapshot();
  expectTypeOf(policies.circuit_breaker).toEqualTypeOf<CircuitBreakerSnapshot | undefined>();
  expect([policies.circuit_breaker?.state, policies.bulkhead?.maxConcurrent]).toEqual([
    undefined,
    2,
  ]);
  const named = pipeline('named', ...standard({ circuitBreaker: { name: 'own' } })).snapshot();
  expectTypeOf(named.policies.circuit_breaker).toEqualTypeOf<CircuitBreakerSnapshot | undefined>();
  expect(named.policies.circuit_breaker).toBeUndefined();
});

it('of clients over HTTP as well', async () => {
  const send = async (_url: string) => new Response('ok');
  const usual = resilientFetch({ fetch: send });
  const own = resilientFetch({ fetch: send, policies: [circuitBreaker({ name: 'own' })] });
  const byKey = resilientFetch({ fetch: send, policies: () => [circuitBreaker({ name: 'own' })] });
  await usual('http://stock.test');
  await own('http://stock.test');
  await byKey('http://stock.test');
  const key = 'http://stock.test';
  expect(usual.snapshot()[key]?.policies.circuit_breaker?.state).toBe('closed');
  expect(own.snapshot()[key]?.policies.own.state).toBe('closed');
  expect(byKey.snapshot()[key]?.policies.own.state).toBe('closed');
  const request = resilientRequest({ policies: [circuitBreaker()] });
  const interceptor = resilience();
  expectTypeOf(request.snapshot()[key]?.policies.circuit_breaker).toEqualTypeOf<
    CircuitBreakerSnapshot | undefined
  >();
  expectTypeOf(interceptor.snapshot()[key]?.policies.circuit_breaker).toEqualTypeOf<
    CircuitBreakerSnapshot | undefined
  >();
});

it('a policy whose name no type knows is unknown, and never another’s', () => {
  const name: string = 'mine';
  const breaker: CircuitBreakerPolicy = circuitBreaker({ name });
  const policies: Policy[] = [circuitBreaker()];
  const known = pipeline('known', breaker, ...policies);
  const any: Pipeline<unknown> = pipeline('any', circuitBreaker());
  expectTypeOf(known.snapshot().policies['mine']).toEqualTypeOf<unknown>();
  expectTypeOf(known.snapshot().policies['circuit_breaker']).toEqualTypeOf<unknown>();
  expectTypeOf(any.snapshot().policies['circuit_breaker']).toEqualTypeOf<unknown>();
  expect(Object.keys(known.snapshot().policies)).toEqual(['mine', 'circuit_breaker']);
});

class AtMost implements Gate {
  readonly role = 'gate';
  readonly type = 'at_most';
  enter(): undefined {}
  exit(): void {}
  snapshot(): { readonly inside: number } {
    return { inside: 0 };
  }
}

it('a policy of one’s own goes by its type', () => {
  expect(pipeline('own', new AtMost()).snapshot().policies.at_most.inside).toBe(0);
});

it('the names of the standard policies are those in events and snapshots', () => {
  const list = standard({ rateLimiter: { limit: 1, per: '1s' }, bulkhead: { maxConcurrent: 1 } });
  expect(list.map(({ name, type }) => name ?? type)).toEqual([
    standardPolicyNames.rateLimiter,
    standardPolicyNames.totalTimeout,
    standardPolicyNames.retry,
    standardPolicyNames.circuitBreaker,
    standardPolicyNames.adaptiveLimiter,
    standardPolicyNames.bulkhead,
    standardPolicyNames.attemptTimeout,
  ]);
  const { policies } = pipeline('all', ...standard()).snapshot();
  expect(policies[standardPolicyNames.circuitBreaker].state).toBe('closed');
});
