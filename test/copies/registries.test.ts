import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Copy, type Pair, pairs, thatDoNotFit } from './support/pairs.js';

describe.each(pairs)('M7: registries and two copies: %s', (_name, load) => {
  let pair: Pair;
  let one: Copy;
  let other: Copy;

  beforeAll(async () => {
    pair = await load();
    one = pair.one;
    other = pair.other;
  }, 180_000);
  afterAll(() => pair.remove());
  afterEach(() => one.core.defaultRegistry.dispose());

  const down = () => Promise.reject(new Error('down'));

  it('M7: the default registry is one for both', async () => {
    const theirs = other.core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    const events: string[] = [];
    one.core.defaultRegistry.on('transition', (event) => events.push(event.pipeline));
    const payments = other.core.pipeline(
      { name: 'payments', registry: true, critical: true },
      theirs,
    );
    one.core.pipeline({ name: 'email', registry: true });
    for (const { defaultRegistry } of [one.core, other.core]) {
      expect([...defaultRegistry].map(({ name }) => name)).toEqual(['payments', 'email']);
      defaultRegistry.require();
    }
    await payments.settle(down);
    expect(events).toEqual(['payments']);
    expect(one.core.defaultRegistry.health().status).toBe('down');
    expect(() => one.core.pipeline({ name: 'payments', registry: true })).toThrow(
      one.core.ConfigError,
    );
    one.core.defaultRegistry.dispose();
    expect(other.core.defaultRegistry.size).toBe(0);
  });

  it('M7: pipelines, keyed ones and clients join a registry of the other copy, and start over with it', async () => {
    const ours = one.core.registry();
    const { core, fetch } = other;
    const breaker = core.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    const made = core.pipeline({ name: 'pipeline', registry: ours }, breaker);
    core.keyed(one.core.pipeline({ name: 'keyed', registry: ours }, one.core.circuitBreaker()));
    fetch.resilientFetch({ registry: ours });
    expect([...ours].map(({ kind }) => kind)).toEqual(['pipeline', 'keyed', 'fetch']);
    ours.require('pipeline', 'keyed', 'fetch');
    await made.settle(down);
    expect(ours.health().dependencies['pipeline']?.status).toBe('down');
    one.testing.startOver(ours);
    other.testing.startOver(ours);
    expect(ours.health().status).toBe('ok');
    ours.dispose();
    expect(ours.size).toBe(0);
  });
});

describe('registries of copies that do not fit', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await thatDoNotFit();
  }, 180_000);
  afterAll(() => pair.remove());

  it('M7: a registry of a version that does not fit is refused by name, with the remedy', () => {
    const { one, other } = pair;
    const registry = other.core.registry();
    const told = /registry: this registry is of another copy.*9\.9\.9.*npm ls holdfast/;
    expect(() => one.core.pipeline({ name: 'x', registry })).toThrow(told);
    expect(() => one.core.keyed(one.core.pipeline('x'), { registry })).toThrow(told);
    expect(() => one.fetch.resilientFetch({ registry })).toThrow(told);
    expect(registry.size).toBe(0);
  });

  it('M7: versions that do not fit have default registries of their own', () => {
    const { one, other } = pair;
    one.core.pipeline({ name: 'x', registry: true });
    expect([one.core.defaultRegistry.size, other.core.defaultRegistry.size]).toEqual([1, 0]);
    one.core.defaultRegistry.dispose();
  });
});
