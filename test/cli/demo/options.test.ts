import { describe, expect, it } from 'vitest';
import { DEMO_DEFAULTS, DEMO_HELP, parseDemoArgs } from '../../../src/cli/demo/options.js';
import { UsageError } from '../../../src/cli/usage.js';

describe('the options of the demo', () => {
  it('have defaults', () => {
    expect(parseDemoArgs([])).toEqual({ ...DEMO_DEFAULTS, json: false, help: false });
  });

  it('are read', () => {
    const args = ['--seconds', '4.5', '--rate=80', '--seed', '7', '--json'];
    expect(parseDemoArgs(args)).toEqual({
      seconds: 4.5,
      rate: 80,
      seed: 7,
      json: true,
      help: false,
    });
    expect(parseDemoArgs(['-h']).help).toBe(true);
  });

  it.each([
    [['--seconds', '1'], '--seconds must be a number from 4 to 600'],
    [['--seconds', 'ten'], "(got 'ten')"],
    [['--rate', '0'], '--rate must be a number from 50 to 1000'],
    [['--rate', ''], '--rate'],
    [['--rate', 'NaN'], '--rate'],
    [['--seed', '1.5'], '--seed must be a whole number'],
    [['--sed', '1'], '--sed'],
    [['--seconds'], '--seconds'],
    [['fast'], 'fast'],
  ])('%j is a usage error', (args, text) => {
    expect(() => parseDemoArgs(args)).toThrow(UsageError);
    expect(() => parseDemoArgs(args)).toThrow(text);
  });

  it('are all in the help, with their defaults', () => {
    for (const [name, value] of Object.entries(DEMO_DEFAULTS)) {
      expect(DEMO_HELP).toMatch(new RegExp(`--${name} .*default ${value}`));
    }
    for (const line of DEMO_HELP.split('\n')) expect(line.length).toBeLessThan(61);
  });
});
