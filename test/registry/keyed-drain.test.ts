import { ConfigError, DrainingError, keyed, type PipelineEvent, pipeline, retry } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never } from '../pipeline/support/deferred.js';

function byHost() {
  const clock = new VirtualClock();
  return { clock, hosts: keyed(pipeline({ name: 'hosts', clock }, retry())) };
}

describe('drain of a keyed pipeline', () => {
  it('G17: refuses calls of all keys, also of those to come', async () => {
    const { hosts } = byHost();
    const kept = hosts.get('a');
    const refused: PipelineEvent[] = [];
    hosts.on('rejection', (event) => refused.push(event));
    expect(await hosts.drain()).toEqual({ inFlight: 0, byKey: {} });
    await expect(kept.execute(() => 1)).rejects.toThrow(DrainingError);
    await expect(hosts.execute('a', () => 1)).rejects.toThrow(DrainingError);
    expect(await hosts.settle('new', () => 1)).toMatchObject({ reason: { code: 'ERR_DRAINING' } });
    await expect(hosts.get('newer').execute(() => 1)).rejects.toThrow(DrainingError);
    expect(refused.map(({ key, policy }) => [key, policy])).toEqual(
      ['a', 'a', 'new', 'newer'].map((key) => [key, 'drain']),
    );
  });

  it('G17: waits for the calls of all keys, and says at the limit what each has left', async () => {
    const { clock, hosts } = byHost();
    const slow = deferred();
    for (const key of ['a', 'b', 'a', '__proto__', 'c', 'idle']) {
      if (key === 'idle') await hosts.execute(key, () => 1);
      else void hosts.execute(key, key === 'c' ? () => slow.promise : never);
    }
    const first = hosts.drain('1s');
    const second = hosts.drain('2s');
    await clock.advance('1s');
    slow.resolve(1);
    await clock.advance('1s');
    const left = [
      ['a', { inFlight: 2 }],
      ['b', { inFlight: 1 }],
      ['__proto__', { inFlight: 1 }],
    ] as const;
    expect(await first).toEqual({
      inFlight: 5,
      byKey: Object.fromEntries([...left, ['c', { inFlight: 1 }]]),
    });
    expect(await second).toEqual({ inFlight: 4, byKey: Object.fromEntries(left) });
  });

  it('G17: ends at the very moment at which the last call does', async () => {
    const { clock, hosts } = byHost();
    const slow = [deferred(), deferred()];
    void hosts.execute('a', () => slow[0]?.promise);
    void hosts.execute('b', () => slow[1]?.promise);
    let at: number | undefined;
    const start = clock.now();
    void hosts.drain().then(() => {
      at = clock.now() - start;
    });
    for (const { resolve } of slow) {
      await clock.advance('1s');
      expect(at).toBeUndefined();
      resolve(1);
    }
    await clock.advance(0);
    expect(at).toBe(2_000);
    expect(clock.pending).toBe(0);
  });

  it.each(['delete', 'dispose'] as const)(
    'G17: waits for calls of keys that were dropped (%s)',
    async (how) => {
      const { clock, hosts } = byHost();
      const slow = deferred();
      void hosts.execute('a', () => slow.promise);
      if (how === 'delete') hosts.delete('a');
      else hosts.dispose();
      void hosts.execute('a', never);
      expect(await hosts.drain(0)).toEqual({ inFlight: 2, byKey: { a: { inFlight: 2 } } });
      const drained = hosts.drain('1s');
      slow.resolve(1);
      await clock.advance('1s');
      expect(await drained).toEqual({ inFlight: 1, byKey: { a: { inFlight: 1 } } });
    },
  );

  it('G17: many keys dropped in flight are not kept when their calls have ended', async () => {
    const { hosts } = byHost();
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 300; i++) {
      const slow = deferred();
      const key = `key ${i}`;
      const call = hosts.execute(key, () => slow.promise);
      refs.push(new WeakRef(hosts.get(key)));
      hosts.delete(key);
      slow.resolve(1);
      await call;
    }
    const kept = () => refs.filter((ref) => ref.deref() !== undefined).length;
    for (let i = 0; i < 10 && kept() >= 100; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      (globalThis as unknown as { gc(): void }).gc();
    }
    // The pool of passes keeps a few, and the list is only looked through when it has grown.
    expect(kept()).toBeLessThan(100);
  });

  it('G17: of one copy closes that one alone', async () => {
    const { hosts } = byHost();
    expect(await hosts.get('a').drain()).toEqual({ inFlight: 0 });
    await expect(hosts.execute('a', () => 1)).rejects.toThrow(DrainingError);
    expect(await hosts.execute('b', () => 1)).toBe(1);
    hosts.delete('a');
    expect(await hosts.execute('a', () => 1)).toBe(1);
  });

  it('G7: a limit that is none is a ConfigError, and closes nothing', async () => {
    const { hosts } = byHost();
    await expect(hosts.drain('soon' as never)).rejects.toThrow(ConfigError);
    expect(await hosts.execute('a', () => 1)).toBe(1);
  });
});
