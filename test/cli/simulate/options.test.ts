import { describe, expect, it } from 'vitest';
import { parseSimulateArgs, SIMULATE_HELP } from '../../../src/cli/simulate/options.js';
import { UsageError } from '../../../src/cli/usage.js';

describe('the options of simulate', () => {
  it('have defaults', () => {
    expect(parseSimulateArgs(['slowdown'])).toEqual({
      scenario: 'slowdown',
      arms: ['none', 'naive', 'standard'],
      seeds: [1, 2, 3],
      clients: undefined,
      html: undefined,
      json: false,
      list: false,
      schema: false,
      help: false,
    });
  });

  it('are read', () => {
    const args = 'x.json --arms=naive,none --seeds 7 --clients 20 --html a.html --json'.split(' ');
    expect(parseSimulateArgs(args)).toMatchObject({
      scenario: 'x.json',
      arms: ['naive', 'none'],
      seeds: [7],
      clients: 20,
      html: 'a.html',
      json: true,
    });
    for (const flag of ['list', 'schema', 'help'] as const) {
      expect(parseSimulateArgs([`--${flag}`])[flag]).toBe(true);
    }
  });

  it.each([
    [[], 'a scenario is missing: see --list'],
    [['a', 'b'], "one scenario at a time (got 'a', 'b')"],
    [['a', '--arms', 'nave'], "(got 'nave', did you mean naive?)"],
    [['a', '--arms', ''], '--arms must be of none, naive, standard'],
    [['a', '--seeds', '1,x'], '--seeds must be whole numbers'],
    [['a', '--seeds', '1.5'], '--seeds must be whole numbers'],
    [['a', '--seeds', '4294967296'], '--seeds must be whole numbers'],
    [['a', '--clients', '0'], '--clients must be a whole number from 1 to 100000'],
    [['a', '--html', ''], '--html must be the path of a file'],
    [['a', '--sed', '1'], '--sed'],
  ])('%j is a usage error', (args, text) => {
    expect(() => parseSimulateArgs(args)).toThrow(UsageError);
    expect(() => parseSimulateArgs(args)).toThrow(text);
  });

  it('are all in the help, which fits a terminal', () => {
    for (const name of ['arms', 'seeds', 'clients', 'html', 'json', 'list', 'schema', 'help']) {
      expect(SIMULATE_HELP).toContain(`  --${name} `);
    }
    for (const line of SIMULATE_HELP.split('\n')) expect(line.length).toBeLessThan(84);
  });
});
