import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../src/policies/circuit-breaker/probes.js';
import { Probes, probesNeeded } from '../../../src/policies/circuit-breaker/probes.js';

const admitted = (probes: Probes, nowMs = 0): Probe => {
  const probe = probes.admit(nowMs);
  if (probe === undefined) throw new Error('no place');
  return probe;
};

describe('probesNeeded', () => {
  it('B6: is the least number of probes whose share is large enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
        (limit, share) => {
          const needed = probesNeeded(limit, share);
          expect(needed).toBeGreaterThanOrEqual(1);
          expect(needed / limit).toBeGreaterThanOrEqual(share);
          expect((needed - 1) / limit).toBeLessThan(share);
        },
      ),
    );
  });

  it('B6: is exact for shares written as decimals', () => {
    for (let n = 1; n <= 100; n++) expect(probesNeeded(100, n / 100)).toBe(n);
    expect(probesNeeded(3, 1)).toBe(3);
    expect(probesNeeded(3, 0.5)).toBe(2);
    expect(probesNeeded(3, 1 / 3)).toBe(1);
  });
});

describe('Probes', () => {
  it('B6: lets in as many as its limit, those that have ended included', () => {
    const probes = new Probes(3, 3, 1_000);
    expect(probes.inFlight).toBe(0);
    const first = admitted(probes);
    admitted(probes);
    expect(probes.inFlight).toBe(2);
    expect(probes.settle(first, true)).toBeUndefined();
    admitted(probes);
    expect(probes.admit(0)).toBeUndefined();
  });

  it('B6: recovers when enough have succeeded, without waiting for the others', () => {
    const probes = new Probes(4, 2, 1_000);
    const [a, b, c] = [admitted(probes), admitted(probes), admitted(probes)];
    expect(probes.settle(a, true)).toBeUndefined();
    expect(probes.settle(b, false)).toBeUndefined();
    expect(probes.settle(c, true)).toBe('recovered');
  });

  it('B6: fails as soon as too few can succeed', () => {
    const probes = new Probes(4, 2, 1_000);
    const [a, b, c] = [admitted(probes), admitted(probes), admitted(probes)];
    expect(probes.settle(a, false)).toBeUndefined();
    expect(probes.settle(b, false)).toBeUndefined();
    expect(probes.settle(c, false)).toBe('failing');
  });

  it('B6: a freed probe gives its place back once', () => {
    const probes = new Probes(1, 1, 1_000);
    const probe = admitted(probes);
    probes.free(probe);
    probes.free(probe);
    expect(probes.settle(probe, false)).toBeUndefined();
    const next = admitted(probes);
    expect(probes.admit(0)).toBeUndefined();
    expect(probes.settle(next, true)).toBe('recovered');
  });

  it('B6: a probe has failed when its time is over, and not a moment before', () => {
    const probes = new Probes(2, 1, 1_000);
    const early = admitted(probes, 0);
    const late = admitted(probes, 400);
    expect(probes.expire(999.9)).toBeUndefined();
    expect(probes.expire(1_000)).toBeUndefined();
    expect(early.pending).toBe(false);
    expect(late.pending).toBe(true);
    expect(probes.expire(1_400)).toBe('failing');
  });

  it('B6: a result that comes after its time says nothing', () => {
    const probes = new Probes(2, 1, 1_000);
    const probe = admitted(probes);
    expect(probes.expire(1_000)).toBeUndefined();
    expect(probes.settle(probe, true)).toBeUndefined();
    expect(probes.expire(1_000)).toBeUndefined();
  });

  it('X7: a success that fails late is a failure, as long as there was one', () => {
    const probes = new Probes(3, 2, 1_000);
    expect([probes.failSuccess(), probes.total, probes.failures]).toEqual([undefined, 0, 0]);
    probes.settle(admitted(probes), true);
    expect([probes.failSuccess(), probes.total, probes.failures]).toEqual([undefined, 1, 1]);
    probes.settle(admitted(probes), true);
    expect([probes.total, probes.failures]).toEqual([2, 1]);
    expect([probes.failSuccess(), probes.total, probes.failures]).toEqual(['failing', 2, 2]);
    expect([probes.failSuccess(), probes.total, probes.failures]).toEqual([undefined, 2, 2]);
  });

  it('B4: a probe of another period says nothing', () => {
    const [one, two] = [new Probes(1, 1, 1_000), new Probes(1, 1, 1_000)];
    expect(two.settle(admitted(one), true)).toBeUndefined();
    expect(two.admit(0)).toBeDefined();
  });

  it('B6: a place is free again after its time, and the result counts all the same', () => {
    const probes = new Probes(2, 2, 10_000, 1_000);
    const [one, two] = [admitted(probes, 0), admitted(probes, 400)];
    probes.settle(two, true);
    expect(probes.admit(999)).toBeUndefined();
    const three = admitted(probes, 1_000);
    expect(probes.admit(1_399)).toBeUndefined();
    probes.free(three);
    admitted(probes, 1_399);
    expect(probes.admit(1_399)).toBeUndefined();
    expect(probes.settle(one, true)).toBe('recovered');
  });

  it('B6: a probe that frees a place which is free already frees no other', () => {
    const probes = new Probes(1, 1, 10_000, 1_000);
    const old = admitted(probes, 0);
    admitted(probes, 1_000);
    probes.free(old);
    expect(probes.admit(1_999)).toBeUndefined();
    expect(probes.admit(2_000)).toBeDefined();
  });

  it('B6: a clock that goes back keeps no place for longer', () => {
    const probes = new Probes(1, 1, 10_000, 1_000);
    admitted(probes, 50_000);
    expect(probes.expire(0)).toBeUndefined();
    expect(probes.admit(999)).toBeUndefined();
    expect(probes.admit(1_000)).toBeDefined();
    // The first one began at 0 by now.
    expect(probes.expire(9_999)).toBeUndefined();
    expect(probes.expire(10_000)).toBe('failing');
  });

  it('B6: after any steps: at most `limit` run or have ended, and a verdict comes exactly when it is certain', () => {
    const step = fc.record({
      what: fc.constantFrom('admit', 'succeed', 'fail', 'free', 'pass' as const),
      which: fc.nat(10),
      ms: fc.nat(400),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.array(step, { maxLength: 40, size: 'max' }),
        (limit, share, steps) => {
          const needed = probesNeeded(limit, share);
          const probes = new Probes(limit, needed, 1_000);
          const running: { probe: Probe; at: number }[] = [];
          let [now, succeeded, failed] = [0, 0, 0];
          for (const { what, which, ms } of steps) {
            const at = running.length === 0 ? -1 : which % running.length;
            let verdict = probes.expire(now);
            if (what === 'admit') {
              const probe = probes.admit(now);
              const full = running.length + succeeded + failed >= limit;
              expect(probe === undefined).toBe(full);
              if (probe !== undefined) running.push({ probe, at: now });
            } else if (what === 'pass') {
              now += ms;
              const over = running.filter((each) => now - each.at >= 1_000);
              for (const each of over) running.splice(running.indexOf(each), 1);
              failed += over.length;
              verdict = probes.expire(now);
            } else if (at >= 0) {
              const { probe } = running.splice(at, 1)[0] as { probe: Probe };
              if (what === 'free') {
                probes.free(probe);
              } else {
                if (what === 'succeed') succeeded++;
                else failed++;
                verdict = probes.settle(probe, what === 'succeed');
              }
            }
            const certain =
              succeeded >= needed ? 'recovered' : limit - failed < needed ? 'failing' : undefined;
            expect(verdict).toBe(certain);
            if (verdict !== undefined) break;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
