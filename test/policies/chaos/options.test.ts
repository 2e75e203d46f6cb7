import { ConfigError, chaos } from 'holdfast';
import { describe, expect, it } from 'vitest';

const error = () => new Error('injected');

describe('options of chaos', () => {
  it.each<[string, unknown, RegExp]>([
    ['none', undefined, /^chaos: must inject something/],
    ['an empty object', {}, /^chaos: must inject something/],
    ['only a seed', { seed: 1 }, /^chaos: must inject something/],
    ['a rate above 1', { faults: { rate: 50, error } }, /^chaos\.faults\.rate: .*0 to 1.*50/],
    ['a negative rate', { faults: { rate: -0.1, error } }, /^chaos\.faults\.rate/],
    ['no number', { faults: { rate: Number.NaN, error } }, /^chaos\.faults\.rate/],
    ['a missing rate', { faults: { error } }, /^chaos\.faults\.rate/],
    ['an error that is no function', { faults: { rate: 1, error: new Error() } }, /faults\.error/],
    [
      'a missing error',
      { faults: { rate: 1 } },
      /^chaos\.faults\.error: must be a function, and is missing$/,
    ],
    ['a delay that is none', { latency: { rate: 1, delay: 'soon' } }, /^chaos\.latency\.delay/],
    ['a missing value', { results: { rate: 1 } }, /^chaos\.results\.value/],
    ['a promise', { results: { rate: 1, value: Promise.resolve() } }, /give a function/],
    ['a Response', { results: { rate: 1, value: new Response() } }, /give a function/],
    ['no function', { behavior: { rate: 1, run: true } }, /^chaos\.behavior\.run/],
    ['no object', { faults: true }, /^chaos\.faults/],
    ['a negative seed', { faults: { rate: 1, error }, seed: -1 }, /^chaos\.seed/],
    ['another spelling', { behaviour: { rate: 1, run: error } }, /did you mean "behavior"/],
    ['a name from Polly', { faults: { injectionRate: 1, error } }, /did you mean "rate"/],
    ['an attempt to have it on', { faults: { rate: 1, error }, enabled: true }, /enabled/],
  ])('refuses %s', (_, options, says) => {
    const made = () => chaos(options as never);
    expect(made).toThrow(ConfigError);
    expect(made).toThrow(says);
  });

  it.each([
    ['no time', { for: 0 }],
    ['nonsense', { for: 'ever' }],
    ['endlessness', { for: Infinity }],
    ['true', { for: true }],
    ['another name', { timeout: 5 }],
    ['a bare duration', '10m'],
  ])('start refuses %s, and leaves it off', (_, options) => {
    const policy = chaos({ faults: { rate: 1, error } });
    expect(() => policy.start(options as never)).toThrow(ConfigError);
    expect(policy.active).toBe(false);
  });

  it('takes rates of 0 and 1, and makes a seed if it gets none', () => {
    const made = () => chaos({ faults: { rate: 0, error }, latency: { rate: 1, delay: 0 } });
    const seeds = new Set(Array.from({ length: 20 }, () => made().snapshot().seed));
    expect(seeds.size).toBeGreaterThan(15);
    expect(made().snapshot().rates).toEqual({ fault: 0, latency: 1 });
  });
});
