import fc from 'fast-check';
import {
  bulkhead,
  ConfigError,
  circuitBreaker,
  type Gate,
  keyed,
  pipeline,
  retry,
  retryBudget,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { CircuitBreakerPolicy } from '../../src/policies/circuit-breaker/circuit-breaker.js';
import { keyedDefaults } from '../../src/registry/keyed-options.js';
import { deferred, never } from '../pipeline/support/deferred.js';
import { gate } from '../pipeline/support/layers.js';

const fails = (): Promise<never> => Promise.reject(new Error('no'));

function tripping() {
  return circuitBreaker({ consecutiveFailures: 1, openFor: '1m' });
}

describe('keyed', () => {
  it('keeps 10,000 keys for 10 minutes by default', () => {
    expect(keyedDefaults).toEqual({ maxKeys: 10_000, idleFor: 600_000 });
  });

  it.each([
    [{ maxKeys: 0 }, 'keyed.maxKeys'],
    [{ maxKeys: 1.5 }, 'keyed.maxKeys'],
    [{ idleFor: 0 }, 'keyed.idleFor'],
    [{ idleFor: 'soon' as never }, 'keyed.idleFor'],
  ])('refuses %j', (options, path) => {
    expect(() => keyed(pipeline('calls'), options)).toThrow(
      expect.objectContaining({ path, code: 'ERR_CONFIG' }),
    );
  });

  it('refuses what is no pipeline', () => {
    expect(() => keyed({ name: 'calls' } as never)).toThrow(ConfigError);
  });

  it('gives each key state of its own', async () => {
    const clock = new VirtualClock();
    const byHost = keyed(
      pipeline({ name: 'hosts', clock }, tripping(), bulkhead({ maxConcurrent: 1 })),
    );
    await byHost.settle('bad', fails);
    expect(await byHost.settle('bad', () => 1)).toMatchObject({
      reason: { code: 'ERR_CIRCUIT_OPEN' },
    });
    expect(await byHost.execute('good', () => 1)).toBe(1);
    void byHost.settle('good', never);
    expect(await byHost.settle('good', () => 1)).toMatchObject({
      reason: { code: 'ERR_BULKHEAD_FULL' },
    });
    expect(byHost.snapshot()).toMatchObject({
      bad: {
        name: 'hosts',
        key: 'bad',
        inFlight: 0,
        policies: { circuit_breaker: { state: 'open' } },
      },
      good: { name: 'hosts', key: 'good', inFlight: 1, policies: { bulkhead: { inFlight: 1 } } },
    });
    expect(JSON.parse(JSON.stringify(byHost.snapshot()))).toEqual(byHost.snapshot());
  });

  it('shares the state of what was given to be shared, and of policies that cannot be copied', async () => {
    const clock = new VirtualClock();
    const shared = retryBudget({ ratio: 0, minPerSecond: 10 });
    let entered = 0;
    const counting = gate({
      enter: () => {
        entered++;
        return undefined;
      },
    });
    const byHost = keyed(
      pipeline(
        { name: 'hosts', clock },
        retry({ budget: shared, initialDelay: 0, maxDelay: 0, maxRetries: 6 }),
        counting,
      ),
    );
    await byHost.settle('a', fails);
    await byHost.settle('b', fails);
    expect(shared.balance(clock.now())).toBe(0);
    expect(entered).toBe(2 + 10);
  });

  it('gives fresh state to a policy that says how to copy itself', async () => {
    class Once implements Gate {
      readonly role = 'gate';
      readonly type = 'once';
      calls = 0;
      enter() {
        this.calls++;
        return undefined;
      }
      exit(): void {}
      fork(): Once {
        return new Once();
      }
      snapshot(): number {
        return this.calls;
      }
    }
    const template = new Once();
    const byHost = keyed(pipeline('hosts', template));
    await byHost.execute('a', () => 1);
    await byHost.execute('a', () => 1);
    await byHost.execute('b', () => 1);
    expect(template.calls).toBe(0);
    expect(byHost.snapshot()).toMatchObject({
      a: { policies: { once: 2 } },
      b: { policies: { once: 1 } },
    });
  });

  it('answers the same pipeline for a key as long as it is kept', () => {
    const byHost = keyed(pipeline('hosts'));
    expect(byHost.get('a')).toBe(byHost.get('a'));
    expect(byHost.get('a').key).toBe('a');
    expect(byHost.get('a').name).toBe('hosts');
    expect(byHost.has('a')).toBe(true);
    expect(byHost.delete('a')).toBe(true);
    expect(byHost.delete('a')).toBe(false);
    expect(byHost.has('a')).toBe(false);
  });

  it('drops the least recently used key beyond its bound', () => {
    const byHost = keyed(pipeline('hosts'), { maxKeys: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) byHost.get(key);
    expect([...byHost.keys()]).toEqual(['d', 'a', 'c']);
    byHost.has('c');
    byHost.get('e');
    expect([...byHost.keys()]).toEqual(['e', 'd', 'a']);
    expect(byHost.size).toBe(3);
  });

  it('knows the least recently used key in a burst of lookups, too, while the clock is hardly read', () => {
    const byHost = keyed(pipeline('hosts'), { maxKeys: 50 });
    const used: string[] = [];
    for (let i = 0; i < 2_000; i++) {
      const key = `host ${(i * i * 7) % 61}`;
      byHost.get(key);
      if (used.includes(key)) used.splice(used.indexOf(key), 1);
      used.unshift(key);
      used.splice(50);
      expect(byHost.size).toBe(used.length);
    }
    expect([...byHost.keys()]).toEqual(used);
  });

  it('goes below its bound as soon as it can, whichever key is looked up', async () => {
    const byHost = keyed(pipeline('hosts'), { maxKeys: 2 });
    const slow = deferred<number>();
    for (const key of ['a', 'b', 'c', 'd']) void byHost.execute(key, () => slow.promise);
    for (let i = 0; i < 100; i++) byHost.get('d');
    expect(byHost.size).toBe(4);
    slow.resolve(1);
    await byHost.execute('d', () => slow.promise);
    byHost.get('d');
    expect(byHost.size).toBe(2);
  });

  it('drops keys that were idle for long when others are asked for, without a timer', () => {
    const clock = new VirtualClock();
    const byHost = keyed(pipeline({ name: 'hosts', clock }), { idleFor: '1m' });
    for (let i = 0; i < 100; i++) byHost.get(`old ${i}`);
    expect(clock.pending).toBe(0);
    return clock.advance('59s').then(async () => {
      byHost.get('used');
      expect(byHost.size).toBe(101);
      await clock.advance('1s');
      // Each new key looks at a bounded number of old ones.
      for (let i = 0; i < 8; i++) byHost.get('new');
      expect(new Set(byHost.keys())).toEqual(new Set(['used', 'new']));
    });
  });

  it('never drops a key with a call in flight, and drops it afterwards', async () => {
    const byHost = keyed(pipeline('hosts'), { maxKeys: 1 });
    const answer = deferred();
    const call = byHost.execute('a', () => answer.promise);
    const a = byHost.get('a');
    for (const key of ['b', 'c', 'd']) byHost.get(key);
    expect(byHost.get('a')).toBe(a);
    answer.resolve(1);
    expect(await call).toBe(1);
    byHost.get('e');
    byHost.get('f');
    expect([...byHost.keys()]).toEqual(['f']);
  });

  it('never drops a key with an open breaker, until it may close', async () => {
    const clock = new VirtualClock();
    const byHost = keyed(pipeline({ name: 'hosts', clock }, tripping()), { maxKeys: 1 });
    await byHost.settle('bad', fails);
    for (const key of ['b', 'c', 'd']) byHost.get(key);
    expect(byHost.has('bad')).toBe(true);
    expect(await byHost.settle('bad', () => 1)).toMatchObject({
      reason: { code: 'ERR_CIRCUIT_OPEN' },
    });
    await clock.advance('2m');
    byHost.get('e');
    byHost.get('f');
    expect([...byHost.keys()]).toEqual(['f']);
  });

  it('makes the policies of a key when it is called for the first time', async () => {
    const template = pipeline('hosts', retry(), circuitBreaker(), timeout('1s'));
    const [own] = template.plan.layers;
    const fork = vi.spyOn(CircuitBreakerPolicy.prototype, 'forkAt');
    const byHost = keyed(template);
    fork.mockClear();
    const a = byHost.get('a');
    expect(a.snapshot()).toMatchObject({ policies: { circuit_breaker: { state: 'closed' } } });
    byHost.on('transition', () => {});
    byHost.get('b');
    byHost.delete('b');
    expect(fork).not.toHaveBeenCalled();
    await a.settle(fails);
    expect(fork).toHaveBeenCalledTimes(1);
    expect(a.plan.layers[0]?.policy).not.toBe(own?.policy);
    fork.mockRestore();
  });

  it('keeps to its bound while some keys are busy', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat(30), busy: fc.nat(9) }), { maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 8 }),
        (uses, maxKeys) => {
          const byHost = keyed(pipeline('hosts'), { maxKeys });
          const busy = new Set<string>();
          for (const use of uses) {
            const key = `host ${use.key}`;
            const own = byHost.get(key);
            expect(byHost.get(key)).toBe(own);
            if (use.busy === 0) {
              busy.add(key);
              void own.settle(never);
            }
            for (const each of busy) expect(byHost.has(each)).toBe(true);
            expect(byHost.size).toBeLessThanOrEqual(Math.max(maxKeys, busy.size + 1));
            expect([...byHost.keys()]).toHaveLength(byHost.size);
            expect([...byHost.keys()][0]).toBe(key);
          }
        },
      ),
    );
  });

  it('tells listeners which key an event is of, before and after copies are made', async () => {
    const clock = new VirtualClock();
    const byHost = keyed(pipeline({ name: 'hosts', clock }, tripping()));
    byHost.get('early');
    const heard: unknown[] = [];
    const stop = byHost.on((event) => heard.push([event.type, event.pipeline, event.key]));
    const transitions: unknown[] = [];
    byHost.on('transition', ({ key, to }) => transitions.push([key, to]));
    await byHost.settle('early', fails);
    await byHost.settle('late', fails);
    expect(transitions).toEqual([
      ['early', 'open'],
      ['late', 'open'],
    ]);
    expect(heard).toContainEqual(['call', 'hosts', 'early']);
    expect(heard).toContainEqual(['call', 'hosts', 'late']);
    stop();
    const { length } = heard;
    await byHost.settle('late', fails);
    expect(heard).toHaveLength(length);
  });

  it('dispose drops keys and listeners; calls in flight go on', async () => {
    const byHost = keyed(pipeline('hosts', timeout('1h')));
    const heard: unknown[] = [];
    byHost.on(({ type }) => heard.push(type));
    const answer = deferred();
    const call = byHost.execute('a', () => answer.promise);
    byHost[Symbol.dispose]();
    expect(byHost.size).toBe(0);
    expect([...byHost.keys()]).toEqual([]);
    answer.resolve(1);
    expect(await call).toBe(1);
    expect(heard).toEqual([]);
    expect(await byHost.execute('a', () => 2)).toBe(2);
  });
});
