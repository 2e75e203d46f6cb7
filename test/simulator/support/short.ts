import type { Scenario } from '../../../src/simulator/index.js';

/** A slowdown of ten times in 20 s: quick to run, and long enough for `none` to come back and for `naive` not to. */
export const short = {
  name: 'short',
  about: 'The servers become ten times slower for 2 s.',
  clients: 10,
  arrivals: '20s',
  triggers: [{ kind: 'slowdown', at: '6s', lasts: '2s', factor: 10 }],
} as const satisfies Scenario;
