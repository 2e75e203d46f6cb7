import type { Pipeline } from 'holdfast';
import { circuitBreaker, keyed, pipeline, retry, timeout } from 'holdfast';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

function copies(maxKeys: number) {
  const clock = new VirtualClock();
  const breaker = circuitBreaker({ failingFor: 0 });
  const template = pipeline({ name: 'hosts', clock }, timeout('5s'), retry(), breaker);
  return { clock, byKey: keyed(template, { maxKeys }) };
}

type Dropping = ReturnType<typeof copies>;

const drops: Record<string, (from: Dropping) => unknown> = {
  'it is deleted': ({ byKey }) => byKey.delete('a'),
  'there is one key too many': ({ byKey }) => byKey.get('b'),
  'it is idle': async ({ clock, byKey }) => {
    await clock.advance('11m');
    byKey.get('b');
  },
  'all are disposed of': ({ byKey }) => byKey.dispose(),
  'all start over': ({ byKey }) => startOver(byKey),
};

const failing = (copy: Pipeline<unknown>) => copy.settle(() => Promise.reject(new Error('down')));

/** What every copy looks up to count its successes was gone once its key was dropped. The next call of such a copy threw a TypeError. */
describe('a copy still takes calls, and counts them, when its key is dropped because', () => {
  for (const [how, drop] of Object.entries(drops)) {
    for (const before of [0, 1]) {
      it(`${how}, after ${before} calls`, async () => {
        const from = copies(1);
        const copy = from.byKey.get('a');
        for (let i = 0; i < before; i++) await copy.execute(async () => i);
        await drop(from);
        expect(from.byKey.has('a')).toBe(false);
        for (let i = 0; i < 8; i++) expect(await copy.execute(async () => i)).toBe(i);
        expect(copy.inFlight).toBe(0);
        // A start over forgets what was before, and so does a window after eleven minutes.
        const forgets = how === 'all start over' || how === 'it is idle';
        const calls = 8 + (forgets ? 0 : before);
        const breaker = () => copy.snapshot().policies.circuit_breaker;
        expect(breaker().window).toEqual({ calls, failures: 0, slow: 0 });
        // With its first failure the copy gets policies of its own.
        await from.clock.runUntil(failing(copy));
        const { window } = breaker();
        expect(window.failures).toBeGreaterThan(0);
        expect(window.calls - window.failures).toBe(calls);
      });
    }
  }
});
