import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyMeasures } from '../../src/pipeline/contract/measures.js';
import type { HealthStatus } from '../../src/registry/health.js';
import {
  complaintOf,
  FAILING_SHARE,
  MINIMUM_CALLS,
  overall,
  statusOf,
  worstOf,
} from '../../src/registry/health.js';

const said = (measures: PolicyMeasures, enforced = true, failingShare = FAILING_SHARE): unknown => {
  const complaint = complaintOf(measures, enforced, failingShare);
  return complaint && [complaint.status, complaint.reason];
};

describe('the rules of health', () => {
  it.each([
    [{ state: 'open' }, true, ['down', 'circuit_open']],
    [{ state: 'open' }, false, ['degraded', 'circuit_open']],
    [{ state: 'isolated' }, true, ['down', 'circuit_isolated']],
    [{ state: 'isolated' }, false, ['degraded', 'circuit_isolated']],
    [{ state: 'half_open' }, true, ['degraded', 'circuit_half_open']],
    [{ state: 'half_open' }, false, ['degraded', 'circuit_half_open']],
    [{ state: 'closed' }, true, undefined],
    [{ state: 'closed', calls: 20, failures: 4 }, true, ['degraded', 'failing']],
    [{ state: 'closed', calls: 20, failures: 3 }, true, undefined],
    [{ state: 'closed', calls: 19, failures: 19 }, true, undefined],
    [{ state: 'closed', calls: 20, failures: 20 }, true, ['degraded', 'failing']],
    [{ state: 'closed', calls: 0, failures: 0 }, true, undefined],
    // The state says more than the share.
    [{ state: 'open', calls: 20, failures: 20 }, true, ['down', 'circuit_open']],
    [{ state: 'half_open', calls: 20, failures: 20 }, true, ['degraded', 'circuit_half_open']],
    [{ inFlight: 2, limit: 10, atFloor: true }, true, ['degraded', 'limit_at_floor']],
    [{ inFlight: 10, limit: 10, atFloor: true }, true, ['degraded', 'limit_at_floor']],
    [{ inFlight: 10, limit: 10, atFloor: false }, true, ['degraded', 'at_limit']],
    [{ inFlight: 11, limit: 10 }, true, ['degraded', 'at_limit']],
    [{ inFlight: 9, limit: 10 }, true, undefined],
    [{ inFlight: 9 }, true, undefined],
    [{ available: 0 }, true, ['degraded', 'rate_limited']],
    [{ available: 1 }, true, undefined],
    [{ rejectionProbability: 0.01 }, true, ['degraded', 'throttled']],
    [{ rejectionProbability: 0 }, true, undefined],
    [{ ejected: true }, true, ['down', 'ejected']],
    [{ ejected: true }, false, ['degraded', 'ejected']],
    [{ ejected: false }, true, undefined],
    [{ chaos: { active: true } }, true, ['degraded', 'chaos']],
    [{ chaos: { active: false } }, true, undefined],
    [{ balance: 0 }, true, undefined],
    [{}, true, undefined],
  ] as const)('M6: %j, enforced: %s, is %j', (measures, enforced, expected) => {
    expect(said(measures as PolicyMeasures, enforced)).toEqual(expected);
  });

  it('M6: tells the share of calls that fail or are refused', () => {
    const failing = { state: 'closed', calls: 40, failures: 10 } as const;
    expect(complaintOf(failing, true, 0.2)?.share).toBe(0.25);
    expect(complaintOf({ rejectionProbability: 0.3 }, true, 0.2)?.share).toBe(0.3);
  });

  it('M6: a failing share of 0 means every busy window, of 1 one without a success', () => {
    const of = (failures: number) => ({ state: 'closed', calls: MINIMUM_CALLS, failures }) as const;
    expect(said(of(0), true, 0)).toEqual(['degraded', 'failing']);
    expect(said(of(MINIMUM_CALLS - 1), true, 1)).toBeUndefined();
    expect(said(of(MINIMUM_CALLS), true, 1)).toEqual(['degraded', 'failing']);
  });

  it('M6: only an enforced breaker that is open or isolated, or an enforced ejection, makes a pipeline down', () => {
    const measures = fc.record(
      {
        state: fc.constantFrom('closed', 'open', 'half_open', 'isolated'),
        calls: fc.nat(100),
        failures: fc.nat(100),
        inFlight: fc.nat(10),
        limit: fc.nat(10),
        atFloor: fc.boolean(),
        ejected: fc.boolean(),
        chaos: fc.record({ active: fc.boolean() }),
        available: fc.nat(3),
        rejectionProbability: fc.double({ min: 0, max: 1, noNaN: true }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(measures, fc.boolean(), (each, enforced) => {
        const isEjected = each.ejected === true && each.state !== 'half_open';
        const isShut = each.state === 'open' || each.state === 'isolated' || isEjected;
        const complaint = complaintOf(each as PolicyMeasures, enforced, 0.2);
        expect(complaint?.status === 'down').toBe(enforced && isShut);
        expect(JSON.parse(JSON.stringify(complaint ?? null))).toEqual(complaint ?? null);
      }),
    );
  });

  it.each([
    [0, 0, 0, 'ok'],
    [1, 0, 0, 'ok'],
    [0, 1, 0, 'degraded'],
    [0, 0, 1, 'down'],
    [1, 1, 0, 'degraded'],
    [1, 0, 1, 'degraded'],
    [0, 1, 1, 'degraded'],
    [0, 0, 3, 'down'],
    [9, 1, 1, 'degraded'],
    [1, 1, 1, 'degraded'],
  ] as const)('M6: %i keys ok, %i degraded and %i down are %s', (ok, degraded, down, expected) => {
    expect(statusOf({ ok, degraded, down })).toBe(expected);
  });

  it.each([
    [[], 'ok'],
    [['ok', 'ok'], 'ok'],
    [['ok', 'degraded'], 'degraded'],
    [['degraded', 'down', 'ok'], 'down'],
  ] as const)('M6: the worst of %j is %s', (all, worst) => {
    expect(worstOf(all.map((status) => ({ status })))).toBe(worst);
  });

  it('M6: all are down when a critical one is down, and degraded when any is not ok', () => {
    const statuses: readonly HealthStatus[] = ['ok', 'degraded', 'down'];
    const one = fc.record({ status: fc.constantFrom(...statuses), critical: fc.boolean() });
    expect(overall([])).toBe('ok');
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), (all) => {
        const worst = all.some(({ status, critical }) => critical && status === 'down');
        const any = all.some(({ status }) => status !== 'ok');
        expect(overall(all)).toBe(worst ? 'down' : any ? 'degraded' : 'ok');
      }),
    );
  });
});
