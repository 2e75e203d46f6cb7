import { ConfigError } from 'holdfast';
import { arms, measure, run, toHtml, toJson, toSvg, toTable } from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';

const REPORT = 'must be a report, as simulate() resolves with';

describe.each([
  ['nope', '"nope"'],
  [undefined, 'undefined'],
  [{}, '{}'],
])('%j', (given, got) => {
  it.each<[string, (value: never) => unknown, string]>([
    ['toHtml', toHtml, REPORT],
    ['toJson', toJson, REPORT],
    ['toSvg', toSvg, REPORT],
    ['toTable', toTable, REPORT],
    ['measure', measure, 'must be what run() resolves with'],
  ])('%s refuses it and says what to give', (name, call, says) => {
    const make = () => call(given as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(`${name}: ${says} (got ${got})`);
  });

  it('run refuses it as a scenario, and the next run goes on', async () => {
    await expect(run(given as never, arms.none, 1)).rejects.toThrow(
      `run.scenario: must be a resolved scenario, such as resolveScenario(scenarios.slowdown) (got ${got})`,
    );
  });
});
