import fc from 'fast-check';
import { ConfigError, circuitBreaker, keyed, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import type { Look } from '../../src/registry/pick.js';
import { pick, usable } from '../../src/registry/pick.js';
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
    expect(pick(null)).toThrow('(got null)');
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

/** What one of a host's policies says of it. */
interface Said {
  state?: string;
  ejected?: boolean;
  /** What its gate says of its refusals; without it, nothing. */
  enforced?: boolean;
}

/** Hosts by name, of which a policy each is known, or how many calls are in flight. */
function looking(hosts: Record<string, Said[] | number>): Look {
  return (key) => {
    const of = hosts[key];
    if (of === undefined) return undefined;
    const said = typeof of === 'number' ? [] : of;
    const seen = said.map(({ enforced }) => ({
      policy: { measure: () => undefined },
      gate: enforced === undefined ? undefined : { refusals: { reasons: ['open'], enforced } },
    }));
    const inFlight = typeof of === 'number' ? of : 0;
    const measureIn = (i: number): Said | undefined => said[i];
    return { time: { now: () => 0 }, inFlight, seen, measureIn } as never;
  };
}

const untried = (): boolean => false;

describe('hosts that are usable', () => {
  const look = looking({
    open: [{ state: 'open', enforced: true }],
    isolated: [{ state: 'isolated', enforced: true }],
    silent: [{ state: 'open' }],
    dry: [{ state: 'open', enforced: false }],
    closed: [{ state: 'closed', enforced: true }],
    trying: [{ state: 'half_open', enforced: true }],
    ejected: [{ ejected: true }],
    out: [{ ejected: true }, { state: 'closed', enforced: true }],
    shut: [{ ejected: true }, { state: 'open', enforced: true }],
    back: [{ ejected: false }],
  });

  it('E11: none is whose breaker is open or isolated, unless it is a dry run', () => {
    const fine = ['dry', 'closed', 'trying', 'back', 'unknown'];
    expect(usable([...fine, 'open', 'isolated', 'silent', 'ejected', 'out'], look)).toEqual(fine);
  });

  it('E11: if less than half are, ejections do not count, but breakers do', () => {
    expect(usable(['open', 'ejected', 'closed', 'out'], look)).toEqual([
      'ejected',
      'closed',
      'out',
    ]);
    expect(usable(['shut', 'ejected', 'isolated'], look)).toEqual(['ejected']);
    // Half are enough.
    expect(usable(['ejected', 'closed'], look)).toEqual(['closed']);
  });

  it('E11: if all breakers are open, all are', () => {
    expect(usable(['open', 'isolated', 'shut'], look)).toEqual(['open', 'isolated', 'shut']);
  });

  it('E11: what is drawn first is left out if it is not usable', () => {
    const pickOf = (...keys: string[]): string => pick(keys, untried, look, () => 0);
    expect(pickOf('open', 'isolated', 'closed', 'dry')).toBe('closed');
    expect(pickOf('closed', 'open')).toBe('closed');
    expect(pickOf('open', 'closed')).toBe('closed');
  });
});

describe('two that are drawn at random', () => {
  const hosts = ['a', 'b', 'c'];

  it('E10: are any two, never the same one twice, each as often', () => {
    for (const [first, chance] of [0.1, 0.5, 0.99].entries()) {
      // The first is busy, so the second is chosen.
      const look = looking({ [hosts[first] as string]: 1 });
      const others = hosts.filter((_, i) => i !== first);
      expect(pick(hosts, untried, look, cycle(chance, 0.1))).toBe(others[0]);
      expect(pick(hosts, untried, look, cycle(chance, 0.99))).toBe(others[1]);
    }
  });

  it('E10: are compared as well when some are not usable', () => {
    const look = (busy: Record<string, number>): Look =>
      looking({ down: [{ state: 'open', enforced: true }], ...busy });
    const keys = ['down', 'b', 'c'];
    expect(pick(keys, untried, look({ b: 1 }), () => 0)).toBe('c');
    expect(pick(keys, untried, look({ c: 1 }), () => 0)).toBe('b');
    expect(pick(keys, untried, look({ b: 1, c: 1 }), () => 0)).toBe('b');
  });

  it('E10: of one host, it is that one, whatever the chance', () => {
    for (const chance of [0, 0.5, 1 - 2 ** -53])
      expect(pick(['a'], untried, looking({ a: 3 }), () => chance)).toBe('a');
  });

  it('E10: of many hosts, only these two are looked at while they are usable', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `host-${i}`);
    const seen = new Set<string>();
    const look: Look = (key) => {
      seen.add(key);
      return undefined;
    };
    expect(pick(many, untried, look, cycle(0.5, 0))).toBe('host-500');
    expect([...seen].sort()).toEqual(['host-0', 'host-500']);
  });
});
