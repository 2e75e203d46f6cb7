// @ts-check
/**
 * A rehearsal with chaos, and the outage that it rehearses. Both are the same for whoever calls: half of the attempts fail for 20 s.
 *
 * @module
 */

import { chaos, pipeline, standard } from 'holdfast';
import { arms, UpstreamError } from 'holdfast/simulator';

/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast/simulator').Scenario} Scenario */

const AT_MS = 15_000;
const LASTS_MS = 20_000;
const SHARE = 0.5;

/** @type {Scenario} */
const common = { name: 'chaos', servers: 2, load: 0.4, arrivals: '45s' };

/** What happens for real. @type {Scenario} */
export const outage = {
  ...common,
  name: 'half of the attempts fail',
  about: `Half of all requests fail at once, for ${LASTS_MS / 1_000} s.`,
  triggers: [{ kind: 'errors', share: SHARE, at: AT_MS, lasts: LASTS_MS }],
};

/** The same time, in which nothing happens to the upstream. @type {Scenario} */
export const rehearsal = {
  ...common,
  name: 'a rehearsal',
  about: `The upstream is healthy. Chaos makes half of the attempts fail, for ${LASTS_MS / 1_000} s.`,
  triggers: [{ kind: 'errors', share: 0, at: AT_MS, lasts: LASTS_MS }],
};

/** The policies of an arm, and inside them chaos that is on in the time of the outage. @type {(policies: (deadline: number) => import('holdfast').Policy[]) => Arm} */
const rehearsed =
  (policies) =>
  ({ clock, client, deadline }) => {
    const injected = chaos({
      seed: client + 1,
      faults: { rate: SHARE, error: () => new UpstreamError('500') },
    });
    clock.setTimer(() => injected.start({ for: LASTS_MS }), AT_MS);
    return pipeline(
      { name: 'rehearsal', clock, telemetry: false },
      ...policies(deadline),
      injected,
    );
  };

/** One request a call. */
const plain = () => [];
const usual = (/** @type {number} */ totalTimeout) => standard({ totalTimeout });

/** The arms against the outage. */
export const real = { plain: arms.none, standard: arms.standard };
/** The same against a healthy upstream, with chaos. */
export const rehearsals = { plain: rehearsed(plain), standard: rehearsed(usual) };

/** @type {import('./types.d.ts').Comparison[]} */
export const comparisons = [
  {
    id: 'chaos-outage',
    title: 'The outage',
    about: `${outage.about} With one request a call, half of the calls are lost. With \`standard()\` retries answer nearly all of them.`,
    scenario: outage,
    arms: [
      { id: 'plain', label: 'one request a call', arm: real.plain },
      { id: 'standard', label: '`standard()`', arm: real.standard },
    ],
    shows: ['during', 'after', 'sent'],
    goals: [{ arm: 'standard', figure: 'during', atLeast: { arm: 'plain', times: 1.5 } }],
  },
  {
    id: 'chaos-rehearsal',
    title: 'The rehearsal',
    about: `${rehearsal.about} What is seen is what was seen in the outage.`,
    scenario: rehearsal,
    arms: [
      { id: 'plain', label: 'one request a call', arm: rehearsals.plain },
      { id: 'standard', label: '`standard()`', arm: rehearsals.standard },
    ],
    shows: ['during', 'after', 'sent'],
    goals: [
      { arm: 'plain', figure: 'during', atLeast: 0.49, atMost: 0.51 },
      { arm: 'standard', figure: 'during', atLeast: { arm: 'plain', times: 1.5 } },
    ],
  },
];
