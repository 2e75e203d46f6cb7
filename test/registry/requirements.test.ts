import { ConsecutiveBreaker, handleAll, circuitBreaker as ofCockatiel } from 'cockatiel';
import {
  ConfigError,
  circuitBreaker,
  keyed,
  pipeline,
  type Registry,
  registry,
  retry,
  standard,
  timeout,
} from 'holdfast';
import { fromCockatiel } from 'holdfast/cockatiel';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import { describe, expect, it } from 'vitest';

/** What is wrong, or `undefined`. */
function faultsOf(ours: Registry, ...names: string[]): string | undefined {
  try {
    ours.require(...names);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return undefined;
}

const NO_BREAKER = 'has no circuit breaker: add circuitBreaker() to its policies, or standard()';
const IS_DRY = 'has a circuit breaker that refuses nothing: remove dryRun';

describe('require', () => {
  it.each([
    ['its own breaker', () => [retry(), circuitBreaker()]],
    ['standard()', () => standard()],
    ['a nested pipeline', () => [timeout('1s'), pipeline('inner', circuitBreaker())]],
    ['pipelines nested twice', () => [pipeline('b', pipeline('a', circuitBreaker({ name: 'x' })))]],
    [
      'one that only watches, and one that refuses',
      () => [circuitBreaker({ dryRun: true }), circuitBreaker()],
    ],
    [
      "one of cockatiel's, in the layer",
      () => [
        fromCockatiel(
          ofCockatiel(handleAll, { halfOpenAfter: 1, breaker: new ConsecutiveBreaker(1) }),
        ),
      ],
    ],
    ["a rule of cockatiel's", () => [circuitBreaker({ breaker: () => new ConsecutiveBreaker(3) })]],
  ])('M5: is content with %s', (_, policies) => {
    const ours = registry();
    pipeline({ name: 'one', registry: ours, critical: true }, ...policies());
    keyed(pipeline({ name: 'byKey', registry: ours }, ...policies()));
    resilientFetch({ name: 'fetch', registry: ours, policies: policies() });
    expect(faultsOf(ours, 'one', 'byKey', 'fetch')).toBeUndefined();
    expect(faultsOf(ours)).toBeUndefined();
  });

  it.each([
    ['none', () => [], NO_BREAKER],
    ['others', () => [retry(), timeout('1s')], NO_BREAKER],
    ['a dry run', () => [circuitBreaker({ dryRun: true })], IS_DRY],
    [
      'two dry runs',
      () => [circuitBreaker({ dryRun: true }), circuitBreaker({ dryRun: true })],
      IS_DRY,
    ],
  ])('M5: says what is missing with %s, of each kind of member', (_, policies, fault) => {
    const ours = registry();
    pipeline({ name: 'one', registry: ours }, ...policies());
    keyed(pipeline({ name: 'byKey', registry: ours }, ...policies()));
    resilientFetch({ name: 'fetch', registry: ours, policies: policies() });
    resilientRequest({ name: 'request', registry: ours, policies: policies() });
    resilience({ name: 'agent', registry: ours, policies: policies() });
    for (const name of ['one', 'byKey', 'fetch', 'request', 'agent']) {
      expect(faultsOf(ours, name)).toBe(`require("${name}"): ${fault}`);
    }
  });

  it('M5: knows the standard policies of clients, and what was left out of them', () => {
    const ours = registry();
    resilientFetch({ name: 'fetch', registry: ours });
    resilientRequest({ name: 'request', registry: ours });
    resilience({ name: 'agent', registry: ours });
    resilientFetch({ name: 'without', registry: ours, policies: { circuitBreaker: false } });
    expect(faultsOf(ours, 'fetch', 'request', 'agent')).toBeUndefined();
    expect(faultsOf(ours, 'without')).toContain(NO_BREAKER);
  });

  it('M5: where each key has policies of its own, looks at those of the keys that live', async () => {
    const ours = registry();
    const fetch = resilientFetch({
      registry: ours,
      policies: (key) => ({ circuitBreaker: key.includes('bare') ? false : {} }),
      fetch: async (_url: string) => new Response(''),
    });
    expect(faultsOf(ours, 'fetch')).toBeUndefined();
    await fetch('http://guarded.example');
    expect(faultsOf(ours, 'fetch')).toBeUndefined();
    await fetch('http://bare.example');
    expect(faultsOf(ours, 'fetch')).toContain(NO_BREAKER);
  });

  it('M5: says that a breaker is isolated', () => {
    const ours = registry();
    const breaker = circuitBreaker();
    pipeline({ name: 'one', registry: ours }, breaker);
    const isolation = breaker.isolate();
    expect(faultsOf(ours, 'one')).toBe(
      'require("one"): has a circuit breaker that is isolated: release() it',
    );
    isolation.release();
    expect(faultsOf(ours, 'one')).toBeUndefined();
  });

  it('M5: says that a member drains, whatever it is', async () => {
    const ours = registry();
    const policies = standard();
    pipeline({ name: 'one', registry: ours }, ...policies);
    keyed(pipeline({ name: 'byKey', registry: ours }, ...standard()));
    resilientFetch({ name: 'fetch', registry: ours });
    for (const { name, of } of ours) {
      void of.drain(0);
      expect(faultsOf(ours, name)).toBe(
        `require("${name}"): is draining, and takes no calls: require it before drain()`,
      );
    }
  });

  it('M5: says that one has not joined, or was disposed, and what may be meant', () => {
    const ours = registry();
    const payments = pipeline({ name: 'payments', registry: ours }, circuitBreaker());
    const remedy = 'make it before, with registry: true, and do not dispose() it';
    expect(faultsOf(ours, 'paymets')).toBe(
      `require("paymets"): is no member: did you mean "payments"? ${remedy}`,
    );
    expect(faultsOf(ours, 'inventory')).toBe(`require("inventory"): is no member: ${remedy}`);
    payments.dispose();
    expect(faultsOf(ours, 'payments')).toBe(`require("payments"): is no member: ${remedy}`);
    pipeline({ name: 'payments', registry: ours }, circuitBreaker());
    expect(faultsOf(ours, 'payments')).toBeUndefined();
  });

  it('M5: lists every fault in one error', () => {
    const ours = registry();
    pipeline({ name: 'bare', registry: ours });
    pipeline({ name: 'fine', registry: ours }, circuitBreaker());
    try {
      ours.require('fine', 'bare', 'inventory');
      expect.unreachable();
    } catch (error) {
      const { message, issues, path, code } = error as ConfigError;
      expect(code).toBe('ERR_CONFIG');
      expect(path).toBe('require("bare")');
      expect(issues?.map((each) => each.path)).toEqual(['require("bare")', 'require("inventory")']);
      expect(message.split('\n')).toEqual([
        'registry: 2 faults',
        `- require("bare"): ${NO_BREAKER}`,
        '- require("inventory"): is no member: make it before, with registry: true, and do not dispose() it',
      ]);
    }
  });

  it('M5: without names, all that are critical are required', () => {
    const ours = registry();
    expect(faultsOf(ours)).toBeUndefined();
    pipeline({ name: 'optional', registry: ours });
    expect(faultsOf(ours)).toBeUndefined();
    pipeline({ name: 'vital', registry: ours, critical: true });
    keyed(pipeline({ name: 'byKey', registry: ours, critical: true }));
    expect(faultsOf(ours)?.match(/require\("\w+"\)/g)).toEqual([
      'require("vital")',
      'require("byKey")',
    ]);
  });

  it.each([[5], [undefined], [null], [['a', 'b']], [Symbol('x')], [{}]])(
    'M5: %o is no name of a member',
    (name) => {
      expect(faultsOf(registry(), name as never)).toMatch(/^require\(.+\): is no member/);
    },
  );

  it('M5: makes no policies, calls nothing and changes nothing', () => {
    const ours = registry();
    const byKey = keyed(pipeline({ name: 'byKey', registry: ours, critical: true }, ...standard()));
    byKey.get('a');
    const before = JSON.stringify(byKey.get('a').snapshot().policies.circuit_breaker.window);
    ours.require();
    expect(byKey.size).toBe(1);
    expect(JSON.stringify(byKey.get('a').snapshot().policies.circuit_breaker.window)).toBe(before);
  });
});
