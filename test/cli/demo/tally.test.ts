import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastSecond, quantile, sumSlices, Tally, type Wait } from '../../../src/cli/demo/tally.js';

const ended = (...all: number[]): Wait[] => all.map((ms) => ({ ms, ended: true }));

describe('Tally', () => {
  it('counts each call once, by how it ended', () => {
    const tally = new Tally();
    const calls = [0, 10, 20, 30].map((due) => tally.begin(due));
    expect([tally.calls, tally.waiting, tally.maxWaiting]).toEqual([4, 4, 4]);
    tally.end(calls[0] as never, 'answered', 50);
    tally.end(calls[1] as never, 'degraded', 60);
    tally.end(calls[2] as never, 'failed', 70);
    tally.end(calls[2] as never, 'answered', 80);
    expect(tally).toMatchObject({ answered: 1, degraded: 1, failed: 1, waiting: 1, maxWaiting: 4 });
    expect(tally.waits).toEqual(ended(50, 50, 50));
  });

  it('takes what is open when it closes for failed, and counts nothing afterwards', () => {
    const tally = new Tally();
    const call = tally.begin(100);
    tally.close(1_100);
    tally.end(call, 'answered', 1_200);
    tally.send(1_200);
    tally.close(2_000);
    expect(tally).toMatchObject({ calls: 1, answered: 0, failed: 1, unanswered: 1, sent: 0 });
    expect(tally.waits).toEqual([{ ms: 1_000, ended: false }]);
  });

  it('keeps answered + degraded + failed + waiting = calls, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('begin', 'answered', 'degraded', 'failed', 'send', 'tick'),
      which: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const tally = new Tally();
        const calls: ReturnType<Tally['begin']>[] = [];
        steps.forEach(({ what, which }, index) => {
          const now = index * 7;
          const call = calls[which];
          if (what === 'begin') calls.push(tally.begin(now));
          else if (what === 'send') tally.send(now);
          else if (what === 'tick') tally.tick(now);
          else if (call !== undefined) tally.end(call, what as 'answered', now);
        });
        const sum = (): number => tally.answered + tally.degraded + tally.failed;
        expect(sum() + tally.waiting).toBe(tally.calls);
        const all = sumSlices(tally.slices, 0, Number.POSITIVE_INFINITY);
        expect(all.answered + all.degraded + all.failed).toBe(sum());
        expect(all.sent).toBe(tally.sent);
        tally.close(10_000);
        expect(sum()).toBe(tally.calls);
        expect(tally.waits).toHaveLength(tally.calls);
      }),
    );
  });

  it('puts what happens into the slice of its time', () => {
    const tally = new Tally();
    const [first, second] = [tally.begin(0), tally.begin(50)];
    tally.send(60);
    tally.end(first, 'answered', 120);
    tally.end(second, 'degraded', 350);
    tally.tick(450);
    expect(tally.slices).toEqual([
      { answered: 0, degraded: 0, failed: 0, sent: 1, waiting: 2, longestMs: 0 },
      { answered: 1, degraded: 0, failed: 0, sent: 0, waiting: 2, longestMs: 120 },
      { answered: 0, degraded: 0, failed: 0, sent: 0, waiting: 1, longestMs: 0 },
      { answered: 0, degraded: 1, failed: 0, sent: 0, waiting: 1, longestMs: 300 },
      { answered: 0, degraded: 0, failed: 0, sent: 0, waiting: 0, longestMs: 0 },
    ]);
  });

  it('knows the longest wait, of calls that ended lately and of those that still wait', () => {
    const tally = new Tally();
    const [first] = [tally.begin(0), tally.begin(900)];
    expect(tally.longestWait(0, 1_000)).toBe(1_000);
    tally.end(first, 'answered', 1_000);
    expect(tally.longestWait(200, 1_200)).toBe(1_000);
    expect(tally.longestWait(2_000, 3_000)).toBe(2_100);
  });
});

describe('lastSecond', () => {
  it('is made of the last ten slices that are over', () => {
    const tally = new Tally();
    for (let ms = 0; ms < 3_000; ms += 10) tally.end(tally.begin(ms), 'answered', ms);
    for (const now of [1_000, 1_099, 1_555, 2_999]) {
      expect(lastSecond(tally.slices, now).answered).toBe(100);
    }
    expect(lastSecond(tally.slices, 500).answered).toBe(50);
  });
});

describe('quantile', () => {
  it('is the nearest rank', () => {
    const waits = ended(...Array.from({ length: 100 }, (_, i) => 100 - i));
    expect(quantile(waits, 0.5)).toEqual({ ms: 50, atLeast: false });
    expect(quantile(waits, 0.99)).toEqual({ ms: 99, atLeast: false });
    expect(quantile(waits, 1)).toEqual({ ms: 100, atLeast: false });
    expect(quantile(ended(7), 0.99)).toEqual({ ms: 7, atLeast: false });
    expect(quantile([], 0.5)).toBeUndefined();
  });

  it('is a lower bound from the first call on that never ended', () => {
    const waits: Wait[] = [...ended(10, 20, 40), { ms: 30, ended: false }];
    expect(quantile(waits, 0.5)).toEqual({ ms: 20, atLeast: false });
    expect(quantile(waits, 0.75)).toEqual({ ms: 30, atLeast: true });
    expect(quantile(waits, 1)).toEqual({ ms: 40, atLeast: true });
  });

  it('never exceeds the true quantile, however long the open calls go on to wait', () => {
    const wait = fc.record({ ms: fc.nat(1_000), ended: fc.boolean(), more: fc.nat(1_000) });
    fc.assert(
      fc.property(
        fc.array(wait, { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (all, q) => {
          const seen = quantile(all, q);
          const truth = quantile(
            all.map(({ ms, ended: over, more }) => ({ ms: over ? ms : ms + more, ended: true })),
            q,
          );
          if (seen === undefined || truth === undefined) throw new Error('no quantile');
          expect(seen.ms).toBeLessThanOrEqual(truth.ms);
          if (!seen.atLeast) expect(seen.ms).toBe(truth.ms);
        },
      ),
    );
  });
});
