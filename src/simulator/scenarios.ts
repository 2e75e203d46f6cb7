import type { Scenario } from './scenario.js';

/** The ready scenarios, by name. */
export const scenarios = {
  slowdown: {
    name: 'slowdown',
    about: 'The servers become ten times slower for about 10 s.',
    triggers: [{ kind: 'slowdown', factor: 10, lasts: '10s', varies: '4s' }],
  },
  spike: {
    name: 'spike',
    about: 'Two and a half times as many calls come for about 10 s.',
    triggers: [{ kind: 'spike', factor: 2.5, lasts: '10s', varies: '4s' }],
  },
  black_hole: {
    name: 'black_hole',
    about: 'Requests and answers are swallowed for about 10 s.',
    triggers: [{ kind: 'black_hole', lasts: '10s', varies: '4s' }],
  },
  half_fail: {
    name: 'half_fail',
    about: 'Half of all requests end in an error at once, for about 20 s.',
    triggers: [{ kind: 'errors', share: 0.5, lasts: '20s', varies: '4s' }],
  },
  nine_of_ten_fail: {
    name: 'nine_of_ten_fail',
    about: 'Nine of ten requests end in an error at once, for about 20 s.',
    triggers: [{ kind: 'errors', share: 0.9, lasts: '20s', varies: '4s' }],
  },
  all_fail: {
    name: 'all_fail',
    about: 'All requests end in an error at once, for about 20 s.',
    triggers: [{ kind: 'errors', share: 1, lasts: '20s', varies: '4s' }],
  },
  steady: {
    name: 'steady',
    about: 'Nothing happens at 95% of the capacity; 1% of the requests fail.',
    load: 0.95,
    errors: 0.01,
  },
} as const satisfies Record<string, Scenario>;
