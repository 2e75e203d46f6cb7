import { describe, expect, it } from 'vitest';
import { resolveScenario, type Scenario } from '../../src/simulator/index.js';
import { type Spell, spellsOf, troubleOf } from '../../src/simulator/timeline.js';

function spells(triggers: Scenario['triggers'], chance = 0.5): Spell[] {
  return spellsOf(resolveScenario({ name: 'x', servers: 4, triggers }), () => chance);
}

const varied: Scenario['triggers'] = [
  { kind: 'black_hole', at: '20s', lasts: '10s', varies: '4s' },
];

describe('the triggers of a run', () => {
  it('last as long as they say, and are spread by chance where they vary', () => {
    expect(spells(varied, 0)).toMatchObject([{ startMs: 20_000, endMs: 26_000 }]);
    expect(spells(varied, 0.5)).toMatchObject([{ startMs: 20_000, endMs: 30_000 }]);
    expect(spells(varied, 0.999)).toMatchObject([{ startMs: 20_000, endMs: 34_000 }]);
  });

  it('end with a slice, so that no slice is half in trouble', () => {
    expect(spells(varied, 0.123)[0]?.endMs).toBe(27_000);
    expect(spells([{ kind: 'refused', at: '20s', lasts: '310ms' }])[0]?.endMs).toBe(20_400);
  });

  it('ask chance for those that vary only', () => {
    let asked = 0;
    const scenario = resolveScenario({
      name: 'x',
      triggers: [{ kind: 'spike', lasts: '1s' }, ...(varied ?? []), { kind: 'slowdown' }],
    });
    spellsOf(scenario, () => {
      asked++;
      return 0.5;
    });
    expect(asked).toBe(1);
  });
});

describe('the trouble', () => {
  it('is from the first trigger to the end of the last', () => {
    expect(troubleOf(spells([]), 4)).toBeUndefined();
    const two = spells([
      { kind: 'spike', at: '40s', lasts: '5s' },
      { kind: 'refused', at: '20s', lasts: '10s' },
    ]);
    expect(troubleOf(two, 4)).toEqual({ startMs: 20_000, endMs: 45_000 });
  });

  it('of a rolling restart lasts until the last server is back', () => {
    const all = spells([{ kind: 'restart', at: '20s', lasts: '2s' }]);
    expect(troubleOf(all, 4)).toEqual({ startMs: 20_000, endMs: 28_000 });
    const three = spells([{ kind: 'restart', at: '20s', lasts: '2s', servers: 3 }]);
    expect(troubleOf(three, 4)).toEqual({ startMs: 20_000, endMs: 26_000 });
  });

  it('of what lasts for good is over when that has begun', () => {
    expect(troubleOf(spells([{ kind: 'slowdown', at: '20s' }]), 4)).toEqual({
      startMs: 20_000,
      endMs: 20_000,
    });
    const later = spells([
      { kind: 'refused', at: '20s', lasts: '10s' },
      { kind: 'slowdown', at: '50s' },
    ]);
    expect(troubleOf(later, 4)).toEqual({ startMs: 20_000, endMs: 50_000 });
  });
});
