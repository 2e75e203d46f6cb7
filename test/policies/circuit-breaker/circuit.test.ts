import { describe, expect, it } from 'vitest';
import { Circuit } from '../../../src/policies/circuit-breaker/circuit.js';
import type { Judge } from '../../../src/policies/circuit-breaker/judge.js';
import type { Probe } from '../../../src/policies/circuit-breaker/probes.js';
import { Stays } from '../../../src/policies/circuit-breaker/stays.js';

const OPTIONS = {
  openFor: 1_000,
  openForFactor: 2,
  openForSpread: 0.2,
  maxOpenFor: 8_000,
  probes: 2,
  probeSuccessRate: 1,
  probeTimeout: 500,
};

const HALF = { ...OPTIONS, random: () => 0.5 };

function made(judge: Partial<Judge> = {}, rampFor = 0, stays = new Stays(HALF)) {
  const log: string[] = [];
  const told = (what: string): undefined => {
    log.push(what);
  };
  const circuit = new Circuit(
    { ...OPTIONS, rampFor },
    {
      timed: false,
      health: {
        total: 0,
        failures: 0,
        slow: 0,
        failuresLastedMs: 0,
        consecutiveFailures: 0,
        runLastedMs: 0,
      },
      failingSince: undefined,
      record: () => undefined,
      succeeded: () => undefined,
      failLate: () => undefined,
      opened: (reason) => told(`judge: opened, ${reason}`),
      closed: () => told('judge: closed'),
      advance: () => {},
      restore: () => {},
      ...judge,
    },
    stays,
    (from, to, reason, openForMs) =>
      told(`${from} > ${to}: ${reason}${openForMs === undefined ? '' : ` for ${openForMs}`}`),
  );
  return { circuit, log };
}

/** A circuit that has been half-open since 1,000. */
function halfOpen(judge: Partial<Judge> = {}) {
  const { circuit, log } = made(judge);
  circuit.open(0, 'failure_rate', undefined);
  circuit.advance(1_000);
  log.length = 0;
  return { circuit, log, probe: () => circuit.tryProbe(1_000) as Probe };
}

describe('Circuit', () => {
  it('B1: is closed at first, and admits no probes', () => {
    const { circuit } = made();
    circuit.advance(1e9);
    expect(circuit.state).toBe('closed');
    expect(circuit.tryProbe(0)).toBeUndefined();
  });

  it('B7: an open one moves on at the time it is told, not before', () => {
    const { circuit, log } = made();
    circuit.open(100, 'failure_rate', undefined);
    expect([circuit.state, circuit.openUntil]).toEqual(['open', 1_100]);
    circuit.advance(1_099);
    expect(circuit.state).toBe('open');
    expect(circuit.tryProbe(1_099)).toBeUndefined();
    circuit.advance(1_100);
    expect(circuit.state).toBe('half_open');
    expect(log).toEqual([
      'judge: opened, failure_rate',
      'closed > open: failure_rate for 1000',
      'open > half_open: open_elapsed',
    ]);
  });

  it('B5: stays open twice as long each time, and as long as at first after it was closed', () => {
    const { circuit } = made();
    const stays: number[] = [];
    let now = 0;
    for (let i = 0; i < 5; i++) {
      circuit.open(now, i === 0 ? 'failure_rate' : 'probe_failed', undefined);
      stays.push(circuit.openUntil - now);
      now = circuit.openUntil;
      circuit.advance(now);
    }
    expect(stays).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    circuit.close('reset');
    circuit.open(now, 'failure_rate', undefined);
    expect(circuit.openUntil - now).toBe(1_000);
  });

  it('B6: closes when all probes have succeeded', () => {
    const { circuit, log, probe } = halfOpen();
    const [one, two] = [probe(), probe()];
    circuit.settleProbe(one, 1_100, true, undefined);
    expect(circuit.state).toBe('half_open');
    circuit.settleProbe(two, 1_100, true, undefined);
    expect([circuit.state, circuit.openings]).toEqual(['closed', 0]);
    expect(log).toEqual(['judge: closed', 'half_open > closed: probes_succeeded']);
  });

  it('B6: opens at the first failure that decides, as long as the server asks for', () => {
    const { circuit, log, probe } = halfOpen();
    circuit.settleProbe(probe(), 1_100, false, 5_000);
    expect([circuit.state, circuit.openUntil]).toEqual(['open', 6_100]);
    expect(log).toEqual(['judge: opened, probe_failed', 'half_open > open: probe_failed for 5000']);
  });

  it.each([
    ['a look', (circuit: Circuit) => circuit.advance(1_500)],
    ['its own success', (circuit: Circuit, it: Probe) => circuit.settleProbe(it, 1_500, true, 1)],
    ['its own failure', (circuit: Circuit, it: Probe) => circuit.settleProbe(it, 1_500, false, 1)],
    ['its being given up', (circuit: Circuit, it: Probe) => circuit.freeProbe(it, 1_500)],
    [
      'the success of another',
      (circuit: Circuit, _: Probe, other: Probe) => circuit.settleProbe(other, 1_500, true, 1),
    ],
    [
      'the end of another',
      (circuit: Circuit, _: Probe, other: Probe) => circuit.freeProbe(other, 1_500),
    ],
  ])('B6: a probe that has taken too long fails at %s', (_what, look) => {
    const { circuit } = halfOpen();
    const one = circuit.tryProbe(1_000) as Probe;
    const two = circuit.tryProbe(1_400) as Probe;
    look(circuit, one, two);
    expect(circuit.state).toBe('open');
  });

  it('B4: probes of an earlier period change nothing in a later one, or outside', () => {
    const { circuit, probe } = halfOpen();
    const [old, older] = [probe(), probe()];
    circuit.trip(1_100);
    circuit.settleProbe(old, 1_200, true, undefined);
    circuit.freeProbe(older, 1_200);
    expect(circuit.state).toBe('open');
    const again = circuit.openUntil;
    circuit.advance(again);
    circuit.settleProbe(old, again, false, undefined);
    circuit.freeProbe(older, again);
    expect(circuit.state).toBe('half_open');
    expect([circuit.tryProbe(again), circuit.tryProbe(again)]).not.toContain(undefined);
    expect(circuit.tryProbe(again)).toBeUndefined();
  });

  it('B9: trip opens a closed and a half-open one, and leaves the others', () => {
    const { circuit } = halfOpen();
    circuit.trip(1_000);
    expect([circuit.state, circuit.openUntil]).toEqual(['open', 3_000]);
    circuit.trip(2_000);
    expect([circuit.openUntil, circuit.openings]).toEqual([3_000, 2]);
    circuit.isolate();
    circuit.trip(9_000);
    expect(circuit.state).toBe('isolated');
    circuit.close('released');
    circuit.trip(9_000);
    expect([circuit.state, circuit.openUntil]).toEqual(['open', 10_000]);
  });

  it('B9: isolation ends only by being closed', () => {
    const { circuit, log } = made();
    circuit.isolate();
    circuit.isolate();
    circuit.advance(1e9);
    expect(circuit.tryProbe(1e9)).toBeUndefined();
    circuit.close('released');
    expect(log).toEqual([
      'closed > isolated: isolated',
      'judge: closed',
      'isolated > closed: released',
    ]);
  });

  it('B4: each change of state is a new generation, and so is closing a closed one', () => {
    const { circuit } = made();
    const seen = new Set([circuit.generation]);
    const steps = [
      () => circuit.close('reset'),
      () => circuit.open(0, 'failure_rate', undefined),
      () => circuit.advance(1_000),
      () => circuit.isolate(),
      () => circuit.close('released'),
      () => circuit.restoreOpen(0, 2_000, 3),
      () => circuit.restoreIsolated(3),
    ];
    for (const step of steps) {
      step();
      expect(seen.has(circuit.generation)).toBe(false);
      seen.add(circuit.generation);
    }
  });

  it('a judge that throws keeps it from no change of state', () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    const { circuit, log } = made({ opened: broken, closed: broken });
    expect(() => circuit.open(0, 'breaker', undefined)).toThrow('broken');
    expect(circuit.state).toBe('open');
    expect(() => circuit.close('reset')).toThrow('broken');
    expect(circuit.state).toBe('closed');
    const { generation } = circuit;
    expect(() => circuit.close('reset')).toThrow('broken');
    expect(circuit.generation).not.toBe(generation);
    expect(log).toEqual(['closed > open: breaker for 1000', 'open > closed: reset']);
  });

  it('stays that throw leave it as it was', () => {
    class Broken extends Stays {
      override next(): never {
        throw new Error('no stay');
      }
    }
    const { circuit, log } = made({}, 0, new Broken(HALF));
    expect(() => circuit.open(0, 'failure_rate', undefined)).toThrow('no stay');
    expect([circuit.state, circuit.openings, circuit.openUntil, log]).toEqual(['closed', 0, 0, []]);
  });

  it('B12, X7: successes of its ramp that fail late are a relapse once they are three, and half of the calls', () => {
    const { circuit } = made({}, 1_000);
    expect(circuit.failLate(0, undefined)).toBe(false);
    circuit.open(0, 'failure_rate', undefined);
    circuit.advance(1_000);
    for (let i = 0; i < 2; i++) {
      circuit.settleProbe(circuit.tryProbe(1_000) as Probe, 1_000, true, undefined);
    }
    expect([circuit.state, circuit.closed, circuit.calm]).toEqual(['closed', false, false]);
    for (let i = 0; i < 4; i++) expect(circuit.relapses(false)).toBe(false);
    expect([1, 2, 3].map(() => circuit.failLate(1_100, undefined))).toEqual([false, false, true]);
    circuit.advance(2_000);
    expect(circuit.closed).toBe(true);
    expect(circuit.failLate(2_000, undefined)).toBe(false);
  });

  it('has a shut door while it is open or isolated, and only then', () => {
    const { circuit } = made({}, 1_000);
    const doors: [string, boolean][] = [];
    const look = (): unknown => doors.push([circuit.state, circuit.door.shut]);
    look();
    circuit.open(0, 'tripped', undefined);
    look();
    circuit.advance(circuit.openUntil);
    look();
    circuit.close('reset');
    look();
    circuit.isolate();
    look();
    circuit.close('reset');
    look();
    expect(doors).toEqual([
      ['closed', false],
      ['open', true],
      ['half_open', false],
      ['closed', false],
      ['isolated', true],
      ['closed', false],
    ]);
  });

  it('stays open until its time is over, unless the clock went back', () => {
    const { circuit } = made();
    expect(circuit.staysOpen(0)).toBe(false);
    circuit.open(10_000, 'tripped', undefined);
    const { openUntil } = circuit;
    expect(circuit.staysOpen(10_000)).toBe(true);
    expect(circuit.staysOpen(openUntil - 1)).toBe(true);
    expect(circuit.staysOpen(openUntil)).toBe(false);
    expect(circuit.staysOpen(9_999)).toBe(false);
    circuit.close('reset');
    expect(circuit.staysOpen(10_000)).toBe(false);
  });
});
