import type { Scenario } from './document.js';

/** Eight servers, of which seven can take all of the traffic. */
const EIGHT = { servers: 8, workers: 2, service: { mean: '40ms' }, load: 0.6 } as const;

const TEN_TIMES_SLOWER = { kind: 'slowdown', factor: 10, lasts: '10s', varies: '4s' } as const;

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
  slow_errors: {
    name: 'slow_errors',
    about: 'All requests are worked on, and then end in an error, for about 20 s.',
    triggers: [{ kind: 'errors', share: 1, slow: true, lasts: '20s', varies: '4s' }],
  },
  refused: {
    name: 'refused',
    about: 'Connections are refused for about 10 s.',
    triggers: [{ kind: 'refused', lasts: '10s', varies: '4s' }],
  },
  refused_blip: {
    name: 'refused_blip',
    about: 'Connections are refused for 300 ms.',
    triggers: [{ kind: 'refused', lasts: '300ms' }],
  },
  missing_ids: {
    name: 'missing_ids',
    about:
      'Half of the calls ask for what does not exist, for about 20 s, and are told so: true answers.',
    triggers: [{ kind: 'missing_ids', share: 0.5, lasts: '20s', varies: '4s' }],
  },
  one_of_eight_slow: {
    name: 'one_of_eight_slow',
    about: 'One of eight servers behind a balancer becomes ten times slower for about 20 s.',
    ...EIGHT,
    triggers: [{ kind: 'slowdown', factor: 10, servers: 1, lasts: '20s', varies: '4s' }],
  },
  one_of_eight_swallows: {
    name: 'one_of_eight_swallows',
    about: 'One of eight servers behind a balancer swallows requests and answers for about 20 s.',
    ...EIGHT,
    triggers: [{ kind: 'black_hole', servers: 1, lasts: '20s', varies: '4s' }],
  },
  one_of_eight_fails: {
    name: 'one_of_eight_fails',
    about: 'One of eight servers behind a balancer answers with errors at once, for about 20 s.',
    ...EIGHT,
    triggers: [{ kind: 'errors', share: 1, servers: 1, lasts: '20s', varies: '4s' }],
  },
  rolling_restart: {
    name: 'rolling_restart',
    about:
      'Eight servers are restarted one after the other; each loses what it had, and is away for 2 s.',
    ...EIGHT,
    triggers: [{ kind: 'restart', lasts: '2s' }],
  },
  slower_for_good: {
    name: 'slower_for_good',
    about: 'From a deploy on, each call takes twice the work. The capacity still suffices.',
    load: 0.35,
    triggers: [{ kind: 'slowdown', factor: 2 }],
  },
  farther_for_good: {
    name: 'farther_for_good',
    about: 'From a deploy on, answers come 50 ms later. No server has more to do.',
    triggers: [{ kind: 'delay', by: '50ms' }],
  },
  two_clients: {
    name: 'two_clients',
    about: 'Two clients make all calls; the servers become ten times slower for about 10 s.',
    clients: 2,
    triggers: [TEN_TIMES_SLOWER],
  },
  unequal_clients: {
    name: 'unequal_clients',
    about:
      'A quarter of the clients make half of the calls; the servers become ten times slower for about 10 s.',
    unequal: true,
    triggers: [TEN_TIMES_SLOWER],
  },
  one_call_a_second: {
    name: 'one_call_a_second',
    about:
      'A hundred clients make one call a second each; the servers become ten times slower for about 10 s.',
    service: { mean: '30ms' },
    triggers: [TEN_TIMES_SLOWER],
  },
  calls_of_1_ms: {
    name: 'calls_of_1_ms',
    about: 'A call is 1 ms of work, and callers wait for 100 ms; ten times slower for about 8 s.',
    workers: 2,
    service: { mean: '1ms' },
    network: 0.2,
    load: 0.5,
    deadline: '100ms',
    arrivals: '40s',
    triggers: [{ kind: 'slowdown', factor: 10, at: '12s', lasts: '8s', varies: '2s' }],
  },
  calls_of_2_s: {
    name: 'calls_of_2_s',
    about: 'A call is 2 s of work, and callers wait for 20 s; ten times slower for about 20 s.',
    workers: 300,
    service: { mean: '2s' },
    deadline: '20s',
    arrivals: '240s',
    triggers: [{ kind: 'slowdown', factor: 10, at: '60s', lasts: '20s', varies: '4s' }],
  },
  bimodal: {
    name: 'bimodal',
    about:
      'One call in twenty is ten times the work; the servers become ten times slower for about 10 s.',
    service: { mean: '20ms', spread: 'bimodal' },
    triggers: [TEN_TIMES_SLOWER],
  },
  spike_with_priorities: {
    name: 'spike_with_priorities',
    about:
      'Two and a half times as many calls come for about 10 s. A tenth of all calls is of the highest class, and half of them are of lower ones.',
    priorities: { highest: 0.1, high: 0.15, normal: 0.25, low: 0.25, lowest: 0.25 },
    triggers: [{ kind: 'spike', factor: 2.5, lasts: '10s', varies: '4s' }],
  },
  slowdown_with_deadlines: {
    name: 'slowdown_with_deadlines',
    about:
      'The servers become ten times slower for about 10 s. They drop queued requests whose deadline has passed, as far as the requests say it.',
    knowsDeadlines: true,
    triggers: [TEN_TIMES_SLOWER],
  },
  quota_of_tokens: {
    name: 'quota_of_tokens',
    about:
      'Calls cost 500 tokens on average, and the upstream lets in two thirds of what they cost together: a spent quota is answered at once.',
    clients: 10,
    deadline: '10s',
    cost: { mean: 500 },
    quota: { limit: 50_000, per: '1s', counts: 'cost' },
  },
  pauses: {
    name: 'pauses',
    about:
      'The process of the clients is blocked for 400 ms in each second, ten times. The servers are well.',
    clients: 20,
    triggers: [{ kind: 'pause', lasts: '400ms', every: '1s', times: 10 }],
  },
  steady: {
    name: 'steady',
    about: 'Nothing happens at 95% of the capacity; 1% of the requests fail.',
    load: 0.95,
    errors: 0.01,
  },
} as const satisfies Record<string, Scenario>;

/** The name of a ready scenario. */
export type ScenarioName = keyof typeof scenarios;
