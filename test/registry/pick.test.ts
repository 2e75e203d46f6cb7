import fc from 'fast-check';
import { ConfigError, circuitBreaker, keyed, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { hostsOf } from '../policies/ejection/support.js';

/** Numbers that come round again. */
const cycle = (...numbers: number[]): (() => number) => {
  let at = 0;
  return () => numbers[at++ % numbers.length] as number;
};

describe('pick', () => {
  it('E10: takes the less busy one of two that are drawn at random', async () => {
    const draws = [0, 0.5]; // the first and, of the others, the second
    const byHost = keyed(pipeline('of'), { random: cycle(...draws) });
    const hosts = ['a', 'b', 'c'];
    expect(byHost.pick(hosts)).toBe('a');
    let end = (): void => {};
    const call = byHost.execute('a', () => new Promise<void>((resolve) => (end = resolve)));
    expect(byHost.pick(hosts)).toBe('c');
    end();
    await call;
    expect(byHost.pick(hosts)).toBe('a');
    // Asking makes no key.
    expect([...byHost.keys()]).toEqual(['a']);
  });

  it('E10: a slow host gets few calls, whatever their number', async () => {
    const clock = new VirtualClock();
    let seed = 1;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const byHost = keyed(pipeline({ name: 'of', clock }), { random });
    const hosts = Array.from({ length: 8 }, (_, i) => `host-${i}`);
    const sent = new Map<string, number>();
    for (let i = 0; i < 4_000; i++) {
      const host = byHost.pick(hosts);
      sent.set(host, (sent.get(host) ?? 0) + 1);
      const takesMs = host === 'host-0' ? 200 : 10;
      void byHost.execute(
        host,
        () =>
          new Promise<void>((resolve) => {
            clock.setTimer(resolve, takesMs);
          }),
      );
      await clock.advance(1);
    }
    const slow = sent.get('host-0') ?? 0;
    expect(slow).toBeGreaterThan(10);
    expect(slow).toBeLessThan(4_000 / 8 / 4);
    for (const host of hosts.slice(1)) expect(sent.get(host)).toBeGreaterThan(400);
    await clock.advance(1_000);
  });

  it('E11: leaves out open breakers and hosts that were tried, while there are others', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0, openFor: '5s' });
    const byHost = keyed(pipeline({ name: 'of', clock }, breaker), { random: () => 0 });
    const hosts = ['a', 'b', 'c'];
    await byHost.settle('a', () => Promise.reject(new Error('down')));
    expect(byHost.usable(hosts)).toEqual(['b', 'c']);
    expect(byHost.pick(hosts)).toBe('b');
    expect(byHost.pick(hosts, ['b'])).toBe('c');
    // Tried twice is better than refused for sure.
    expect(byHost.pick(hosts, ['b', 'c'])).toBe('b');
    for (const host of ['b', 'c'])
      await byHost.settle(host, () => Promise.reject(new Error('down')));
    // None is left: then all are.
    expect(byHost.usable(hosts)).toEqual(hosts);
    // Time brings them back. No call is needed for it.
    await clock.advance(6_000);
    expect(byHost.usable(hosts)).toEqual(hosts);
    expect(byHost.pick(['a'])).toBe('a');
  });

  it('E11: what a recovering breaker refuses, a retry asks another host for at once', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0, openFor: '5s' });
    const byHost = keyed(pipeline({ name: 'of', clock }, breaker), { random: () => 0 });
    await byHost.settle('a', () => Promise.reject(new Error('down')));
    await clock.advance(6_000);
    let refused = 0;
    byHost.on('rejection', () => refused++);
    const outer = pipeline(
      { name: 'outer', clock },
      retry({
        initialDelay: 10,
        jitter: 'none',
        handle: ({ kind }) => kind === 'rejected',
        delayFrom: () => undefined,
      }),
    );
    for (let i = 0; i < 60; i++) {
      const tried: string[] = [];
      const call = outer.execute(() => {
        const host = byHost.pick(['a', 'b'], tried);
        tried.push(host);
        return byHost.execute(host, () => 'fine');
      });
      await clock.advance(10);
      expect(await call).toBe('fine');
    }
    expect(refused).toBeGreaterThan(5);
  });

  it('E11: a breaker in a dry run leaves nothing out', async () => {
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0, dryRun: true });
    const byHost = keyed(pipeline('of', breaker));
    await byHost.settle('a', () => Promise.reject(new Error('down')));
    expect(byHost.usable(['a', 'b'])).toEqual(['a', 'b']);
  });

  it('E11: if less than half are usable, ejections do not count', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    expect(fleet.byHost.usable(['host-1', 'host-2'])).toEqual(['host-2']);
    expect(fleet.byHost.usable(['host-1'])).toEqual(['host-1']);
    expect(fleet.byHost.pick(['host-1'])).toBe('host-1');
    expect(fleet.byHost.usable(['host-1', 'host-1', 'host-2'])).toHaveLength(3);
  });

  it('E11: there is always one, and it is a usable one', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    const some = fc.subarray(fleet.hosts, { minLength: 1 });
    fc.assert(
      fc.property(some, fc.subarray(fleet.hosts), (hosts, tried) => {
        const usable = fleet.byHost.usable(hosts);
        const picked = fleet.byHost.pick(hosts, tried);
        expect(usable).toContain(picked);
        if (usable.some((host) => !tried.includes(host))) expect(tried).not.toContain(picked);
      }),
    );
  });

  it('refuses what is no list of strings, by name', () => {
    const byHost = keyed(pipeline('of'));
    const pick = (keys: unknown, tried?: unknown) => () =>
      byHost.pick(keys as string[], tried as string[]);
    for (const keys of [undefined, null, 'host', new Set(['a', 'b']), { length: 2 }]) {
      expect(pick(keys)).toThrow('pick: "keys" must be an array of strings (got');
      expect(() => byHost.usable(keys as string[])).toThrow('"keys" must be an array of strings');
    }
    expect(pick('http://user:password@host.test')).toThrow('(got a string)');
    for (const tried of [null, 'ab', new Set(['a'])])
      expect(pick(['a', 'b'], tried)).toThrow('pick: "tried" must be an array of strings (got');
    for (const key of [1, undefined, null, new URL('http://a.test')]) {
      const message = 'keyed: the key must be a string (got';
      expect(pick([key])).toThrow(message);
      expect(pick([key, key])).toThrow(message);
      expect(pick(['a', 'b'], [key])).toThrow(message);
      expect(() => byHost.usable([key as never])).toThrow(message);
    }
  });

  it('refuses an empty list, and a source of chance that is none', () => {
    const byHost = keyed(pipeline('of'));
    expect(() => byHost.pick([])).toThrow(new TypeError('pick: there must be at least one key'));
    expect(byHost.usable([])).toEqual([]);
    expect(() => keyed(pipeline('of'), { random: 1 as never })).toThrow(ConfigError);
  });
});
