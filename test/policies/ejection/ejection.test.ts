import type { EventOf, Outcome } from 'holdfast';
import {
  bulkhead,
  ConfigError,
  circuitBreaker,
  ejection,
  keyed,
  pipeline,
  registry,
  retry,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { ejectionDefaults, ejectionSchema } from '../../../src/policies/ejection/options.js';
import { formatDuration } from '../../../src/time/duration.js';
import { pages } from '../../docs/pages.js';
import { DOWN, hostsOf } from './support.js';

const isEjection = (event: { type: string }): event is EventOf<'ejection'> =>
  event.type === 'ejection';

describe('a host that stands out', () => {
  it('E1: is left out by its failure rate', async () => {
    const fleet = hostsOf({ consecutiveFailures: false });
    await fleet.serve(99, 5_000, 0.5);
    expect(fleet.events).toEqual([]);
    await fleet.serve(30, 1_500, 0.5);
    expect(fleet.told()).toEqual(['host-7 failure_rate']);
    expect(fleet.events[0]).toMatchObject({
      pipeline: 'inventory',
      policy: 'ejection',
      enforced: true,
      forMs: 30_000,
    });
    expect(fleet.byHost.usable(fleet.hosts)).toEqual(fleet.hosts.slice(0, 7));
  });

  it('E1: only calls of the window count', async () => {
    const fleet = hostsOf({ consecutiveFailures: false });
    await fleet.serve(90, 9_000, 0.5);
    await fleet.clock.advance(11_000);
    await fleet.serve(90, 9_000, 0.5);
    expect(fleet.events).toEqual([]);
  });

  it('E3: is left out after a run of failures', async () => {
    const fleet = hostsOf();
    await fleet.serve(10, 500);
    await fleet.failRun('host-2', 5);
    expect(fleet.told()).toEqual(['host-2 consecutive_failures']);
    expect(fleet.stateOf('host-2')).toMatchObject({ ejected: true, times: 1 });
    expect(fleet.byHost.usable(fleet.hosts)).not.toContain('host-2');
  });

  it('E3: a success ends a run, and one in a moment is a blip', async () => {
    const fleet = hostsOf();
    await fleet.serve(10, 500);
    await fleet.failRun('host-2', 4);
    await fleet.succeed('host-2');
    await fleet.failRun('host-2', 4);
    // In one moment, while the others are well: only its length says that it may be a blip.
    await fleet.fail('host-3');
    for (let i = 0; i < 100; i++) await fleet.succeed('host-4');
    for (let i = 0; i < 50; i++) await fleet.fail('host-3');
    await fleet.clock.advance(190);
    await fleet.fail('host-3');
    expect(fleet.events).toEqual([]);
    await fleet.clock.advance(10);
    await fleet.fail('host-3');
    expect(fleet.told()).toEqual(['host-3 consecutive_failures']);
  });

  it('E3: an outage of all hosts ejects none', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.serve(300, 12_000, 1, fleet.hosts);
    expect(fleet.events).toEqual([]);
  });

  it('E3: half of the calls to all hosts fail: none is ejected', async () => {
    const fleet = hostsOf();
    await fleet.serve(400, 16_000, 0.5, fleet.hosts);
    expect(fleet.events).toEqual([]);
  });
});

describe('how many, and for how long', () => {
  it('E4: no more than the share; what is found beyond it is told apart', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-2', 5);
    expect(fleet.told()).toEqual([
      'host-1 consecutive_failures',
      'host-2 consecutive_failures (waived)',
    ]);
    expect(fleet.events[1]).not.toHaveProperty('forMs', expect.anything());
    expect(fleet.byHost.usable(fleet.hosts)).toEqual(
      fleet.hosts.filter((host) => host !== 'host-1'),
    );
    // What led to it leads to it once.
    await fleet.failRun('host-2', 4);
    expect(fleet.events.length).toBe(2);
  });

  it('E4: with a larger share more, the worst first', async () => {
    const fleet = hostsOf({ maxShare: 0.2, deviations: 0.5, consecutiveFailures: false }, 10);
    await fleet.serve(60, 500, 0.2, ['host-1', 'host-2', 'host-3']);
    await fleet.serve(60, 500, 1, ['host-2', 'host-3']);
    await fleet.serve(1, 1_000);
    await fleet.serve(1, 1_000);
    expect(fleet.told()).toEqual([
      'host-2 failure_rate',
      'host-3 failure_rate',
      'host-1 failure_rate (waived)',
    ]);
  });

  it('E4: the last host is never ejected', async () => {
    const fleet = hostsOf({ maxShare: 1 }, 2);
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-0', 10);
    await fleet.succeed('host-1');
    await fleet.failRun('host-1', 30);
    expect(fleet.told().filter((each) => !each.includes('waived'))).toEqual([
      'host-0 consecutive_failures',
    ]);
    const alone = hostsOf({ maxShare: 1 }, 1);
    await alone.failRun('host-0', 100);
    expect(alone.events).toEqual([]);
  });

  it('E5: returns when its time is over, and stays away longer the next time', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    await fleet.clock.advance(29_800);
    expect(fleet.byHost.usable(['host-1', 'host-2'])).toEqual(['host-2']);
    await fleet.clock.advance(500);
    expect(fleet.byHost.usable(['host-1', 'host-2'])).toEqual(['host-1', 'host-2']);
    await fleet.serve(5, 250);
    await fleet.failRun('host-1', 5);
    expect(fleet.told()).toEqual([
      'host-1 consecutive_failures',
      'host-1 return',
      'host-1 consecutive_failures',
    ]);
    expect(fleet.events[1]).toMatchObject({ ejectedForMs: 30_000 });
    expect(fleet.events.filter(isEjection).map(({ forMs }) => forMs)).toEqual([30_000, 60_000]);
  });

  it('E5: a host that stays well is forgiven', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    await fleet.clock.advance(31_000);
    await fleet.serve(120, 12_000);
    await fleet.failRun('host-1', 5);
    expect(fleet.events.filter(isEjection).map(({ forMs }) => forMs)).toEqual([30_000, 30_000]);
  });

  it('E6: calls of before the ejection do not eject it again', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    const ends: (() => void)[] = [];
    const slow = Array.from({ length: 20 }, () =>
      fleet.byHost.settle(
        'host-1',
        () => new Promise((_, reject) => ends.push(() => reject(DOWN))),
      ),
    );
    await fleet.failRun('host-1', 5);
    await fleet.clock.advance(31_000);
    await fleet.serve(20, 1_000);
    for (const end of ends) {
      end();
      await fleet.clock.advance(50);
    }
    await Promise.all(slow);
    expect(fleet.told()).toEqual(['host-1 consecutive_failures', 'host-1 return']);
    expect(fleet.stateOf('host-1')).toMatchObject({ failures: 0, consecutiveFailures: 0 });
  });

  it('E6: while it is ejected, its calls do not count', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    await fleet.failRun('host-1', 20);
    expect(fleet.told()).toEqual(['host-1 consecutive_failures']);
    expect(fleet.stateOf('host-1')).toMatchObject({ calls: 0, failures: 0, ejected: true });
  });
});

describe('what counts', () => {
  it('E7: aborts, refusals inside and ignored outcomes count on neither side', async () => {
    const clock = new VirtualClock();
    const ignored = (outcome: Outcome) => (outcome.kind === 'success' ? false : 'ignore');
    for (const [layers, isFailure] of [
      [[ejection(), bulkhead({ maxConcurrent: 1 })], undefined],
      [[ejection()], ignored],
    ] as const) {
      const byHost = keyed(pipeline({ name: 'of', clock, isFailure }, ...layers));
      const never = new Promise<void>(() => {});
      const abort = new AbortController();
      const running = byHost.settle('a', () => never, { signal: abort.signal });
      await byHost.settle('a', () => Promise.reject(DOWN));
      abort.abort();
      await running;
      expect(byHost.snapshot()['a']?.policies.ejection).toMatchObject({ calls: 0, failures: 0 });
    }
  });

  it('E7: timeouts inside and outside of it are failures, and a handle decides on results', async () => {
    const clock = new VirtualClock();
    const inside = keyed(pipeline({ name: 'i', clock }, ejection(), timeout(10)));
    const outside = keyed(pipeline({ name: 'o', clock }, timeout(10), ejection()));
    const both = [inside, outside].map((each) => each.settle('a', () => new Promise(() => {})));
    await clock.advance(20);
    await Promise.all(both);
    for (const each of [inside, outside]) {
      expect(each.snapshot()['a']?.policies.ejection).toMatchObject({ calls: 1, failures: 1 });
    }
    const handle = (outcome: Outcome) => outcome.kind === 'success' && outcome.value === 'bad';
    const judged = keyed(pipeline({ name: 'h', clock }, ejection({ handle })));
    await judged.execute('a', () => 'bad');
    await judged.execute('a', () => 'good');
    expect(judged.snapshot()['a']?.policies.ejection).toMatchObject({ calls: 2, failures: 1 });
  });

  it('E7: counts attempts inside a retry, and calls around it', async () => {
    const clock = new VirtualClock();
    const again = () => retry({ maxRetries: 2, initialDelay: 0 });
    const inside = keyed(pipeline({ name: 'i', clock }, again(), ejection()));
    const around = keyed(pipeline({ name: 'a', clock }, ejection(), again()));
    for (const each of [inside, around]) {
      const call = each.settle('a', () => Promise.reject(DOWN));
      await clock.advance(100);
      await call;
    }
    expect(inside.snapshot()['a']?.policies.ejection.failures).toBe(3);
    expect(around.snapshot()['a']?.policies.ejection.failures).toBe(1);
  });

  it('a handle that throws ends the call with its error, and counts nothing', async () => {
    const fault = new Error('fault');
    const handle = (): boolean => {
      throw fault;
    };
    const byHost = keyed(pipeline('of', ejection({ handle })));
    await expect(byHost.execute('a', () => 1)).rejects.toBe(fault);
    expect(byHost.snapshot()['a']?.policies.ejection.calls).toBe(0);
  });
});

describe('in dry runs, drains and tests', () => {
  it('E8: a dry run tells what it would do, and leaves nothing out', async () => {
    const fleet = hostsOf({ dryRun: true });
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    await fleet.failRun('host-1', 20);
    expect(fleet.told()).toEqual(['host-1 consecutive_failures (waived)']);
    expect(fleet.byHost.usable(fleet.hosts)).toEqual(fleet.hosts);
    await fleet.clock.advance(31_000);
    await fleet.succeed('host-1');
    expect(fleet.told().slice(1)).toEqual(['host-1 return']);
  });

  it('an ejected key is not dropped, and health reports it', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const template = pipeline({ name: 'of', clock, registry: ours }, ejection());
    const byHost = keyed(template, { maxKeys: 3 });
    for (let i = 0; i < 10; i++) {
      for (const key of ['b', 'c']) await byHost.execute(key, () => 1);
      await byHost.settle('a', () => Promise.reject(DOWN));
      await clock.advance(50);
    }
    expect(byHost.usable(['a', 'b', 'c'])).toEqual(['b', 'c']);
    expect(ours.health().dependencies['of']).toMatchObject({
      status: 'degraded',
      reasons: [{ status: 'down', reason: 'ejected', policy: 'ejection', key: 'a' }],
      keys: { ok: 2, degraded: 0, down: 1 },
    });
    for (const key of ['d', 'e', 'f', 'g']) await byHost.execute(key, () => 1);
    expect(byHost.has('a')).toBe(true);
    expect(byHost.has('b')).toBe(false);
    await clock.advance(60_000);
    for (const key of ['d', 'e', 'f', 'g']) await byHost.execute(key, () => 1);
    expect(byHost.has('a')).toBe(false);
  });

  it('a dropped key is no longer compared', async () => {
    const fleet = hostsOf({ minimumHosts: 8, consecutiveFailures: false });
    await fleet.serve(110, 900, 0.5);
    fleet.byHost.delete('host-0');
    await fleet.clock.advance(1_000);
    for (const host of fleet.hosts.slice(1)) await fleet.succeed(host);
    expect(fleet.events).toEqual([]);
  });

  it('a dropped key that is called all the same is not compared again', async () => {
    const fleet = hostsOf({}, 3);
    const kept = fleet.byHost.get('host-0');
    fleet.byHost.delete('host-0');
    // Alone, host-1 is the last. With the dropped one, it would be one of two.
    await kept.execute(() => 1);
    for (let i = 0; i < 10; i++) {
      await kept.execute(() => 1);
      await fleet.fail('host-1');
      await fleet.clock.advance(50);
    }
    expect(fleet.told()).toEqual(['host-1 consecutive_failures (waived)']);
    expect(fleet.stateOf('host-1')).toMatchObject({ ejected: false });
  });

  it('refuses a second clock, also for copies with the rules of a client', () => {
    const policy = ejection();
    const first = resilientFetch({ policies: [policy], clock: new VirtualClock() });
    expect(() => resilientFetch({ policies: [policy], clock: new VirtualClock() })).toThrow(
      'ejection: already runs on another clock',
    );
    first.dispose();
  });

  it('starts over', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    await fleet.failRun('host-1', 5);
    startOver(fleet.byHost);
    expect(fleet.byHost.usable(fleet.hosts)).toEqual(fleet.hosts);
    const { policy } = fleet;
    policy.startOver();
    expect(policy.snapshot()).toEqual({
      calls: 0,
      failures: 0,
      consecutiveFailures: 0,
      ejected: false,
      returnsIn: 0,
      times: 0,
    });
  });

  it('events come in the context of the call that causes them, with its number', async () => {
    const fleet = hostsOf();
    await fleet.serve(20, 1_000);
    const calls: unknown[] = [];
    fleet.byHost.on('call', ({ callId, key }) => key === 'host-1' && calls.push(callId));
    await fleet.failRun('host-1', 5);
    expect(fleet.events.map(({ callId }) => callId)).toEqual(calls.slice(-1));
  });
});

describe('the table of options in docs/ejection.md', () => {
  it('has every option with its default', () => {
    const text = pages().find(({ path }) => path === 'docs/ejection.md')?.text ?? '';
    const table = text.slice(text.indexOf('## Options'), text.indexOf('## Events'));
    const rows = [...table.matchAll(/^\| `(\w+)` \| [^|]*\| ([^|]*) \|/gm)];
    const said = new Map(rows.map(([, name = '', value = '']) => [name, value]));
    expect([...said.keys()].sort()).toEqual(Object.keys(ejectionSchema()._zod.def.shape).sort());
    for (const [name, value] of Object.entries(ejectionDefaults)) {
      const isTime = ['window', 'ejectFor', 'maxEjectFor'].includes(name);
      const wanted = isTime ? formatDuration(value as number) : String(value);
      expect(`${name} ${said.get(name)?.replaceAll('`', '')}`).toContain(`${name} ${wanted}`);
    }
  });
});

describe('wrong options', () => {
  it.each([
    [{ deviations: 0 }, 'ejection.deviations'],
    [{ deviations: '1.9' }, 'ejection.deviations'],
    [{ minimumHosts: 2 }, 'ejection.minimumHosts'],
    [{ minimumCalls: 0 }, 'ejection.minimumCalls'],
    [{ window: 0 }, 'ejection.window'],
    [{ consecutiveFailures: 1 }, 'ejection.consecutiveFailures'],
    [{ consecutiveFailures: true }, 'ejection.consecutiveFailures'],
    [{ ejectFor: -1 }, 'ejection.ejectFor'],
    [{ ejectFor: '1m', maxEjectFor: '30s' }, 'ejection.maxEjectFor'],
    [{ maxShare: 0 }, 'ejection.maxShare'],
    [{ maxShare: 10 }, 'ejection.maxShare'],
    [{ dryRun: 1 }, 'ejection.dryRun'],
    [{ deviations: false, consecutiveFailures: false }, 'ejection.deviations'],
    [{ maxEjectionPercent: 10 }, 'ejection.maxEjectionPercent'],
  ])('%j names %s', (options, path) => {
    const make = () => ejection(options as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(expect.objectContaining({ path }));
  });

  it('knows what others call them, and where it belongs', () => {
    expect(() => ejection({ baseEjectionTime: 1 } as never)).toThrow('ejectFor');
    const { maxEjectFor } = { maxEjectFor: undefined };
    expect(() => ejection({ ejectFor: '10m', maxEjectFor })).not.toThrow();
    expect(() => ejection({ name: '' })).toThrow(ConfigError);
  });

  it('a breaker beside it does its own part', async () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 2, failingFor: 0 });
    const byHost = keyed(pipeline({ name: 'of', clock }, breaker, ejection()));
    for (let i = 0; i < 2; i++) await byHost.settle('a', () => Promise.reject(DOWN));
    expect(byHost.usable(['a', 'b'])).toEqual(['b']);
  });
});
