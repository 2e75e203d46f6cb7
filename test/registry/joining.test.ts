import {
  CircuitOpenError,
  ConfigError,
  circuitBreaker,
  defaultRegistry,
  type Joinable,
  keyed,
  type Pipeline,
  pipeline,
  type Registry,
  registry,
  retry,
  standard,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { startOver, VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { afterEach, describe, expect, it } from 'vitest';

afterEach(() => defaultRegistry.dispose());

const namesOf = (of: Registry): string[] => [...of].map(({ name }) => name);

function errorOf(act: () => unknown): ConfigError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
}

describe('joining a registry', () => {
  it('M1: pipelines, keyed ones and clients of each kind join under their names', async () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours }, retry());
    const byKey = keyed(pipeline('byKey'), { registry: ours, critical: true });
    const fetch = resilientFetch({
      name: 'email',
      registry: ours,
      baseUrl: 'http://user:secret@email.internal:8025/v1/',
    });
    const request = resilientRequest({ registry: ours });
    const interceptor = resilience({ name: 'agent', registry: ours });
    expect([...ours].map(({ of, pipelines, ...rest }) => rest)).toMatchObject([
      { name: 'one', kind: 'pipeline', critical: false },
      { name: 'byKey', kind: 'keyed', critical: true },
      { name: 'email', kind: 'fetch', critical: false, address: 'email.internal:8025' },
      { name: 'undici', kind: 'undici', critical: false, address: undefined },
      { name: 'agent', kind: 'undici', critical: false },
    ]);
    const all: unknown[] = [one, byKey, fetch, request, interceptor];
    expect([...ours].map(({ of }) => of)).toEqual(all);
    expect([...ours].every(({ of }, i) => of === all[i])).toBe(true);
    expect(ours.size).toBe(5);
    expect([ours.has('one'), ours.has('two'), ours.get('two')]).toEqual([true, false, undefined]);
    const found = ours.get<Pipeline>('one')?.of;
    expect(await found?.execute(() => 42)).toBe(42);
    ours.dispose();
  });

  it('M1: a pipeline without the option is in no registry', () => {
    pipeline('alone');
    keyed(pipeline('alone'));
    resilientFetch().dispose();
    expect(defaultRegistry.size).toBe(0);
  });

  it('M1: registry: true is the default registry', () => {
    pipeline({ name: 'one', registry: true });
    expect(namesOf(defaultRegistry)).toEqual(['one']);
    expect(registry().size).toBe(0);
  });

  it('M1: the pipelines of a member are those that live', () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours });
    const byKey = keyed(pipeline({ name: 'byKey', registry: ours }));
    byKey.get('a');
    byKey.get('b');
    expect([...(ours.get('one')?.pipelines() ?? [])]).toEqual([one]);
    expect([...(ours.get('byKey')?.pipelines() ?? [])].map(({ key }) => key)).toEqual(['a', 'b']);
    byKey.delete('a');
    expect([...(ours.get('byKey')?.pipelines() ?? [])].map(({ key }) => key)).toEqual(['b']);
  });

  it('M1: a keyed pipeline takes the place of its template', () => {
    const ours = registry();
    const template = pipeline({ name: 'hosts', registry: ours, critical: true }, circuitBreaker());
    const byHost = keyed(template, { maxKeys: 5 });
    byHost.get('a');
    expect(namesOf(ours)).toEqual(['hosts']);
    expect(ours.get('hosts')).toMatchObject({ kind: 'keyed', critical: true, of: byHost });
    byHost.dispose();
    expect(ours.size).toBe(0);
  });

  it('M1: options of keyed win over those of the template', () => {
    const [theirs, ours] = [registry(), registry()];
    const template = pipeline({ name: 'hosts', registry: theirs, critical: true });
    keyed(template, { registry: ours, critical: false });
    expect([theirs.size, ours.get('hosts')?.critical]).toEqual([0, false]);
  });

  it('M1: only one keyed pipeline takes the place of a template', () => {
    const template = pipeline({ name: 'hosts', registry: registry() });
    keyed(template);
    expect(errorOf(() => keyed(template)).message).toMatch(
      /is in the registry already, as keyed.*"hosts"/,
    );
  });

  it.each([
    ['pipeline', () => pipeline({ name: 'x', critical: true })],
    ['keyed', () => keyed(pipeline('x'), { critical: true })],
    ['resilientFetch', () => resilientFetch({ critical: true })],
    ['resilientRequest', () => resilientRequest({ critical: true })],
    ['resilience', () => resilience({ critical: true })],
  ])('M1: %s cannot be critical to no registry', (what, make) => {
    const error = errorOf(make);
    expect(error.path).toBe(`${what}.critical`);
    expect(error.message).toBe(`${what}.critical: needs registry: true (got true)`);
  });

  it.each([[false], ['default'], [{}], [null], [new Map()], [registry], [retry()]])(
    'M1: %o is no registry',
    (given) => {
      const wrong = { name: 'x', registry: given as unknown as true };
      for (const make of [
        () => pipeline(wrong),
        () => keyed(pipeline('x'), { registry: given as unknown as true }),
        () => resilientFetch(wrong),
        () => resilience(wrong),
      ]) {
        expect(errorOf(make).message).toMatch(/\.registry: must be true, or a registry\(\)/);
      }
    },
  );

  it('M1: a pipeline that cannot be made does not join', () => {
    const ours = registry();
    expect(() => pipeline({ name: 'x', registry: ours }, {} as never)).toThrow(ConfigError);
    expect(() => resilientFetch({ registry: ours, policies: [{} as never] })).toThrow(ConfigError);
    const own = {
      role: 'gate' as const,
      type: 'own',
      enter: () => undefined,
      exit: () => {},
      fork: () => {
        throw new ConfigError('own: cannot be copied');
      },
    };
    const template = pipeline({ name: 'y', registry: ours }, own);
    expect(() => keyed(template)).toThrow(/cannot be copied/);
    expect([...ours].map(({ of }) => of as unknown)).toEqual([template]);
  });

  it('M2: a name that is taken is refused, and both are named', () => {
    const ours = registry();
    const first = resilientFetch({ name: 'payments', registry: ours });
    const again: readonly [string, () => unknown][] = [
      ['pipeline', () => pipeline({ name: 'payments', registry: ours })],
      ['keyed', () => keyed(pipeline('payments'), { registry: ours })],
      ['resilientFetch', () => resilientFetch({ name: 'payments', registry: ours })],
      ['resilience', () => resilience({ name: 'payments', registry: ours })],
    ];
    for (const [what, make] of again) {
      const error = errorOf(make);
      expect([error.path, error.value]).toEqual([`${what}.name`, 'payments']);
      expect(error.message).toBe(
        `${what}.name: is in the registry already, as fetch: choose another name or no registry, or get(name)?.of.dispose() first (got "payments")`,
      );
    }
    expect([...ours].map(({ of }) => of)).toEqual([first]);
    ours.get('payments')?.of.dispose();
    expect(pipeline({ name: 'payments', registry: ours }).name).toBe('payments');
    expect(ours.size).toBe(1);
  });

  it('M2: the same name may be in several registries', () => {
    const [a, b] = [registry(), registry()];
    pipeline({ name: 'x', registry: a });
    pipeline({ name: 'x', registry: b });
    expect([a.size, b.size]).toEqual([1, 1]);
  });

  it('M2: dispose frees the name, of each kind, and only once', () => {
    const ours = registry();
    const make: readonly (() => Joinable)[] = [
      () => pipeline({ name: 'x', registry: ours }),
      () => keyed(pipeline('x'), { registry: ours }),
      () => keyed(pipeline({ name: 'x', registry: ours })),
      () => resilientFetch({ name: 'x', registry: ours }),
      () => resilientRequest({ name: 'x', registry: ours }),
      () => resilience({ name: 'x', registry: ours }),
    ];
    for (const each of make) {
      const first = each();
      first.dispose();
      expect(ours.size).toBe(0);
      const second = each();
      // The first one has left. It must not take the second one along.
      first.dispose();
      expect(ours.get('x')?.of).toBe(second);
      second.dispose();
    }
  });

  it('M2: dispose of the registry frees all names, and others may join', () => {
    const ours = registry();
    const make = (): Pipeline[] => ['a', 'b'].map((name) => pipeline({ name, registry: ours }));
    make();
    ours[Symbol.dispose]();
    expect(ours.size).toBe(0);
    make();
    expect(namesOf(ours)).toEqual(['a', 'b']);
  });

  it('M2: names of any kind work', () => {
    const ours = registry();
    for (const name of ['__proto__', 'constructor', 'ä ☃', '0'])
      pipeline({ name, registry: ours }, circuitBreaker());
    expect(Object.keys(ours.snapshot()).sort()).toEqual(namesOf(ours).sort());
    expect(Object.keys(ours.health().dependencies).sort()).toEqual(namesOf(ours).sort());
  });

  it('M2: a pipeline that was disposed is garbage, one that was not is held', async () => {
    const ours = registry();
    const make = (name: string) => new WeakRef(pipeline({ name, registry: ours }, ...standard()));
    const kept = make('kept');
    const gone = make('gone');
    const byKey = (() => {
      const made = keyed(pipeline({ name: 'keyed', registry: ours }, circuitBreaker()));
      return new WeakRef(made);
    })();
    ours.on(() => {});
    ours.get('gone')?.of.dispose();
    ours.get('keyed')?.of.dispose();
    for (let i = 0; i < 10 && (gone.deref() ?? byKey.deref()) !== undefined; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      (globalThis as unknown as { gc(): void }).gc();
    }
    expect([kept.deref()?.name, gone.deref(), byKey.deref()]).toEqual([
      'kept',
      undefined,
      undefined,
    ]);
  });

  it('M1: snapshot is plain JSON, by name', async () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours }, circuitBreaker());
    const byKey = keyed(pipeline({ name: 'byKey', registry: ours }, circuitBreaker()));
    await byKey.execute('a', () => 1);
    const snapshot = ours.snapshot();
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot).toMatchObject({
      one: { name: 'one', inFlight: 0, policies: { circuit_breaker: { state: 'closed' } } },
      byKey: { a: { name: 'byKey', key: 'a' } },
    });
    expect(one.snapshot()).toMatchObject({ name: 'one' });
  });

  it('starts over with all its members, which stay', async () => {
    const ours = registry();
    const clock = new VirtualClock();
    const breaker = circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
    const one = pipeline({ name: 'one', clock, registry: ours }, breaker);
    const fetch = resilientFetch({
      registry: ours,
      clock,
      policies: [circuitBreaker({ consecutiveFailures: 1, failingFor: 0 })],
      fetch: async (_url: string) => new Response('', { status: 503 }),
    });
    await one.settle(() => Promise.reject(new Error('down')));
    await (await fetch('http://a.example/')).arrayBuffer();
    await expect(fetch('http://a.example/')).rejects.toThrow(CircuitOpenError);
    void ours.drain(0);
    startOver(ours);
    expect(namesOf(ours)).toEqual(['one', 'fetch']);
    expect(breaker.state).toBe('closed');
    expect(ours.health().status).toBe('ok');
    expect(await one.execute(() => 1)).toBe(1);
    expect((await fetch('http://a.example/')).status).toBe(503);
  });
});
