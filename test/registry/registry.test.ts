import {
  ConfigError,
  circuitBreaker,
  DrainingError,
  keyed,
  type PipelineEvent,
  pipeline,
  registry,
  retry,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { logEvents } from 'holdfast/telemetry';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';

const down = () => Promise.reject(new Error('down'));
const quick = () => circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });

describe('events of a registry', () => {
  it('M3: are those of all members, also of those that join later, and name their pipeline', async () => {
    const ours = registry();
    const first = pipeline({ name: 'first', registry: ours });
    const heard: string[] = [];
    const stop = ours.on('call', ({ pipeline, key, outcome }) =>
      heard.push([pipeline, key, outcome].join(' ')),
    );
    const all: PipelineEvent[] = [];
    const stopAll = ours.on((event) => all.push(event));
    const byKey = keyed(pipeline({ name: 'byKey', registry: ours }));
    const fetch = resilientFetch({
      registry: ours,
      fetch: async (_url: string) => new Response(''),
    });
    await first.execute(() => 1);
    await byKey.execute('a', () => 1);
    await fetch('http://a.example/');
    const expected = ['first  success', 'byKey a success', 'fetch http://a.example success'];
    expect(heard).toEqual(expected);
    expect(all.filter(({ type }) => type === 'call')).toHaveLength(3);
    stop();
    pipeline({ name: 'later', registry: ours });
    await first.execute(() => 1);
    await ours.get('byKey')?.of.dispose();
    expect(heard).toEqual(expected);
    stopAll();
    stopAll();
    await first.execute(() => 1);
    expect(all.filter(({ type }) => type === 'call')).toHaveLength(4);
  });

  it('M3: come once from a keyed pipeline that took the place of its template', async () => {
    const ours = registry();
    const template = pipeline({ name: 'hosts', registry: ours });
    let calls = 0;
    ours.on('call', () => calls++);
    const hosts = keyed(template);
    await hosts.execute('a', () => 1);
    expect(calls).toBe(1);
  });

  it('M3: come once where a member is nested in another one', async () => {
    const ours = registry();
    const now = { maxRetries: 1, initialDelay: 0, jitter: 'none' } as const;
    const inner = pipeline({ name: 'inner', registry: ours }, retry(now));
    const outer = pipeline({ name: 'outer', registry: ours }, inner);
    const heard: string[] = [];
    ours.on('retry', (event) => heard.push(event.pipeline));
    await outer.settle(down);
    expect(heard).toEqual(['outer']);
  });

  it('M3: of a breaker in two members come from both', async () => {
    const ours = registry();
    const inner = pipeline({ name: 'inner', registry: ours }, quick());
    const outer = pipeline({ name: 'outer', registry: ours }, inner);
    const heard: string[] = [];
    ours.on('transition', (event) => heard.push(`${event.pipeline} ${event.to}`));
    await outer.settle(down);
    expect(heard.sort()).toEqual(['inner open', 'outer open']);
  });

  it('M3: cost successful calls nothing when only rare ones are asked for', () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours }, quick());
    ours.on('transition', () => {});
    expect([one.hub.active, one.hub.routine]).toEqual([true, false]);
    ours.on('call', () => {});
    expect(one.hub.routine).toBe(true);
  });

  it('M3: of a member that was disposed are not heard any more', async () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours });
    let calls = 0;
    ours.on('call', () => calls++);
    one.dispose();
    await one.execute(() => 1);
    await pipeline({ name: 'one', registry: ours }).execute(() => 1);
    expect(calls).toBe(1);
    ours.dispose();
    await pipeline({ name: 'one', registry: ours }).execute(() => 1);
    expect(calls).toBe(1);
  });

  it('M3: a listener may make a pipeline, or dispose of one', async () => {
    const ours = registry();
    const one = pipeline({ name: 'one', registry: ours });
    const heard: string[] = [];
    ours.on('call', (event) => {
      heard.push(event.pipeline);
      if (heard.length > 1) return;
      pipeline({ name: 'two', registry: ours });
      one.dispose();
    });
    await one.execute(() => 1);
    await ours.get<typeof one>('two')?.of.execute(() => 1);
    expect([heard, ours.size]).toEqual([['one', 'two'], 1]);
  });

  it('M3: a listener that is none, and an event that does not exist, are refused at once', () => {
    const ours = registry();
    expect(() => ours.on('call', undefined as never)).toThrow(TypeError);
    expect(() => ours.on(5 as never)).toThrow(TypeError);
    expect(() => ours.on('cal' as 'call', () => {})).toThrow(/call/);
  });

  it('M3: logEvents takes a registry', async () => {
    const ours = registry();
    const lines: string[] = [];
    const log = (_: object, message: string): void => void lines.push(message);
    const stop = logEvents(ours, { debug: log, info: log, warn: log, error: log });
    const one = pipeline({ name: 'payments', registry: ours }, quick());
    await one.settle(down);
    expect(lines).toEqual(['circuit breaker of payments: closed -> open']);
    stop();
    expect(one.hub.active).toBe(false);
  });
});

describe('drain of a registry', () => {
  it('M4: refuses new calls of all members, and ends when their last call has', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const one = pipeline({ name: 'one', clock, registry: ours });
    const byKey = keyed(pipeline({ name: 'byKey', clock, registry: ours }), {});
    const slow = [deferred(), deferred()];
    void one.execute(() => slow[0]?.promise);
    void byKey.execute('a', () => slow[1]?.promise);
    let left: unknown;
    void ours.drain('10s').then((value) => {
      left = value;
    });
    await clock.advance(0);
    await expect(one.execute(() => 1)).rejects.toThrow(DrainingError);
    await expect(byKey.execute('new', () => 1)).rejects.toThrow(DrainingError);
    slow[0]?.resolve(1);
    await clock.advance('1s');
    expect(left).toBeUndefined();
    slow[1]?.resolve(1);
    await clock.advance(0);
    expect(left).toEqual({ inFlight: 0, byName: {} });
  });

  it('M4: all have one limit together, and what was left is told by name', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const started = clock.now();
    for (const name of ['a', 'b', 'idle', '__proto__']) {
      const one = pipeline({ name, clock, registry: ours });
      if (name !== 'idle') void one.execute(never);
      if (name === 'b') void one.execute(never);
    }
    const byKey = keyed(pipeline({ name: 'byKey', clock, registry: ours }));
    void byKey.execute('x', never);
    const drained = ours.drain({ timeout: '1s' });
    await clock.advance('1s');
    const left = await drained;
    expect(clock.now() - started).toBe(1_000);
    expect(left.inFlight).toBe(5);
    expect(Object.entries(left.byName)).toEqual([
      ['a', { inFlight: 1 }],
      ['b', { inFlight: 2 }],
      ['__proto__', { inFlight: 1 }],
      ['byKey', { inFlight: 1, byKey: { x: { inFlight: 1 } } }],
    ]);
  });

  it('M4: tells of bodies that are not read to their end', async () => {
    const clock = new VirtualClock();
    const ours = registry();
    const fetch = resilientFetch({
      clock,
      registry: ours,
      idleTimeout: false,
      fetch: async (_url: string) =>
        new Response(
          new ReadableStream(
            { pull: (controller) => controller.enqueue(new Uint8Array(8)) },
            { highWaterMark: 0 },
          ),
        ),
    });
    const { body } = await fetch('http://a.example/');
    const reader = body?.getReader();
    await reader?.read();
    const drained = ours.drain('1s');
    await clock.advance('1s');
    expect(await drained).toMatchObject({ inFlight: 0, byName: { fetch: { bodies: 1 } } });
    await reader?.cancel();
  });

  it.each([['x'], [-1], [Number.NaN], [{ timout: 1 }]])(
    'M4: with the limit %o nothing is closed',
    async (limit) => {
      const ours = registry();
      const one = pipeline({ name: 'one', registry: ours });
      await expect(ours.drain(limit as never)).rejects.toThrow(ConfigError);
      expect(await one.execute(() => 1)).toBe(1);
    },
  );

  it('M4: an empty registry has nothing to wait for', async () => {
    expect(await registry().drain()).toEqual({ inFlight: 0, byName: {} });
  });

  it('M4: members that join later take calls', async () => {
    const ours = registry();
    pipeline({ name: 'one', registry: ours }, retry());
    await ours.drain();
    expect(await pipeline({ name: 'two', registry: ours }).execute(() => 2)).toBe(2);
  });
});
