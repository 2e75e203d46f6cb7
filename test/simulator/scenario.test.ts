import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/index.js';
import { resolveScenario, scenarioJsonSchema, scenarios } from '../../src/simulator/index.js';
import { capacityOf } from '../../src/simulator/scenario.js';
import { scenarioOf } from '../../src/simulator/scenario-of.js';
import { describeScenario } from '../../src/simulator/words.js';

function messageOf(document: unknown): string {
  try {
    scenarioOf(document);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  return 'no error';
}

const slowdown = { kind: 'slowdown' };

describe('a scenario document', () => {
  it('needs a name only', () => {
    expect(resolveScenario({ name: 'x' })).toEqual({
      name: 'x',
      about: '',
      clients: 100,
      unequal: false,
      servers: 1,
      workers: 4,
      service: { mean: 20, spread: 'exponential' },
      dropsAbandoned: false,
      knowsDeadlines: false,
      network: 1,
      load: 0.75,
      errors: 0,
      deadline: 1_000,
      arrivals: 120_000,
      triggers: [],
    });
  });

  it('says which kinds of triggers there are', () => {
    const kinds =
      'must be one of "slowdown", "spike", "black_hole", "errors", "refused", "delay", "missing_ids", "restart", "pause"';
    const name = 'x';
    expect(messageOf({ name, triggers: [{ kind: 'outage' }] })).toBe(
      `scenario.triggers[0].kind: ${kinds} (got "outage")`,
    );
    expect(messageOf({ name, triggers: [{}] })).toBe(
      `scenario.triggers[0].kind: ${kinds}, and is missing`,
    );
  });

  it('may be JSON, with durations as text', () => {
    const text =
      '{"name":"x","deadline":"1.5s","triggers":[{"kind":"delay","by":"20ms","at":"1m"}]}';
    const { deadline, triggers } = resolveScenario(JSON.parse(text));
    expect(deadline).toBe(1_500);
    expect(triggers).toEqual([{ kind: 'delay', by: 20, at: 60_000, varies: 0 }]);
  });

  it('is the same when it is resolved again', () => {
    for (const document of Object.values(scenarios)) {
      const once = resolveScenario(document);
      expect(resolveScenario(JSON.parse(JSON.stringify(once)))).toEqual(once);
    }
  });

  it.each([
    [{}, 'scenario.name: must be a text of 1 to 100 characters, and is missing'],
    [{ name: 'x', client: 5 }, 'scenario.client: unknown option "client": did you mean "clients"?'],
    [{ name: 'x', clients: 0 }, 'scenario.clients: must be a whole number >= 1 (got 0)'],
    [{ name: 'x', load: 0 }, 'scenario.load: must be a share of the capacity'],
    [{ name: 'x', deadline: '1 s' }, 'scenario.deadline: must be a duration'],
    [
      { name: 'x', service: { mean: 0 } },
      'scenario.service.mean: must be a duration longer than 0',
    ],
    [
      { name: 'x', service: { slowShare: 0.1 } },
      'scenario.service.slowShare: has no effect unless',
    ],
    [{ name: 'x', triggers: slowdown }, 'scenario.triggers: must be'],
    [{ name: 'x', triggers: [{ kind: 'slow' }] }, 'scenario.triggers[0].kind: '],
    [
      { name: 'x', triggers: [{ ...slowdown, factor: 0 }] },
      'scenario.triggers[0].factor: must be a number above 0, such as 10 (got 0)',
    ],
    [
      { name: 'x', triggers: [slowdown, { ...slowdown, last: '1s' }] },
      'scenario.triggers[1].last: unknown option "last": did you mean "lasts"?',
    ],
    [
      { name: 'x', triggers: [{ ...slowdown, at: '2m' }] },
      'scenario.triggers[0].at: must be before',
    ],
    [
      { name: 'x', triggers: [{ ...slowdown, lasts: '1s', varies: '1s' }] },
      'scenario.triggers[0].varies: must be less than lasts',
    ],
    [
      { name: 'x', triggers: [{ ...slowdown, varies: '1s' }] },
      'scenario.triggers[0].varies: has no effect without lasts',
    ],
    [
      { name: 'x', servers: 2, triggers: [{ ...slowdown, servers: 3 }] },
      'scenario.triggers[0].servers: must not be more than there are (2)',
    ],
    [
      { name: 'x', servers: 2, triggers: [{ kind: 'spike', servers: 1 }] },
      'scenario.triggers[0].servers: has no effect: spike is a matter of the callers',
    ],
    [{ name: 'x', triggers: [{ kind: 'restart' }] }, 'scenario.triggers[0].lasts: is missing'],
    [{ name: 'x', priorities: { high: 0.5 } }, 'scenario.priorities: must be shares that sum to 1'],
    [{ name: 'x', priorities: {} }, 'scenario.priorities: must be shares that sum to 1'],
    [
      { name: 'x', priorities: { urgent: 1 } },
      'scenario.priorities.urgent: unknown option "urgent"',
    ],
    [{ name: 'x', cost: { mean: 0 } }, 'scenario.cost.mean: must be a number above 0'],
    [{ name: 'x', quota: { limit: -1 } }, 'scenario.quota.limit: must be a number above 0'],
    [{ name: 'x', quota: { limit: 1, per: 0 } }, 'scenario.quota.per: must be a duration'],
    [{ name: 'x', triggers: [{ kind: 'pause' }] }, 'scenario.triggers[0].lasts: is missing'],
    [
      { name: 'x', triggers: [{ kind: 'pause', lasts: '1s', every: '1s', times: 2 }] },
      'scenario.triggers[0].every: must be more than a pause lasts',
    ],
    [
      { name: 'x', triggers: [{ kind: 'pause', lasts: '1s', times: 2 }] },
      'scenario.triggers[0].every: is missing: when the next begins',
    ],
    [
      { name: 'x', triggers: [{ kind: 'pause', lasts: '1s', every: '2s' }] },
      'scenario.triggers[0].times: is missing: how many there are',
    ],
    [
      { name: 'x', servers: 2, triggers: [{ kind: 'pause', lasts: '1s', servers: 1 }] },
      'scenario.triggers[0].servers: has no effect: pause is a matter of the callers',
    ],
    ['slowdwn', 'scenario: no ready scenario is named "slowdwn"; did you mean "slowdown"?'],
    ['toString', 'scenario: no ready scenario is named "toString"'],
    [null, 'scenario: must be'],
    [[], 'scenario: must be'],
  ])('%j is a mistake with its path', (document, text) => {
    expect(messageOf(document)).toContain(text);
  });

  it('has a JSON Schema that knows every field', () => {
    const schema = scenarioJsonSchema() as {
      properties: Record<string, unknown>;
      required: string[];
      additionalProperties: boolean;
    };
    expect(Object.keys(schema.properties)).toEqual([
      ...Object.keys(resolveScenario({ name: 'x' })).slice(0, -1),
      'priorities',
      'cost',
      'quota',
      'triggers',
    ]);
    expect(schema.required).toEqual(['name']);
    expect(schema.additionalProperties).toBe(false);
    expect(JSON.stringify(schema)).toContain('"black_hole"');
    expect(schema.properties).toMatchObject({
      deadline: {
        anyOf: [
          { type: 'number', minimum: 0 },
          { type: 'string', pattern: expect.any(String) },
        ],
      },
      servers: { type: 'integer', minimum: 1 },
      errors: { type: 'number', minimum: 0, maximum: 1 },
      unequal: { type: 'boolean', default: false },
    });
    const triggers = JSON.stringify(schema.properties);
    expect(triggers).toContain('"required":["kind","by"]');
  });
});

describe('the ready scenarios', () => {
  it.each(Object.entries(scenarios))('%s is right, and says what it does', (key, document) => {
    const scenario = scenarioOf(key);
    expect(scenario.name).toBe(key);
    expect(document.about).toMatch(/\.$|answers\.$/);
    expect(describeScenario(scenario).join(' ')).not.toMatch(/undefined|NaN|Infinity/);
    // A run takes seconds, not minutes.
    expect((scenario.load * capacityOf(scenario) * scenario.arrivals) / 1_000).toBeLessThan(60_000);
  });

  it('leave enough capacity where the trouble is for good', () => {
    const { load, triggers } = scenarioOf('slower_for_good');
    const factor = triggers[0]?.kind === 'slowdown' ? triggers[0].factor : NaN;
    expect(load * factor).toBeLessThan(0.8);
  });
});
