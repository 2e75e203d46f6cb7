// @ts-check
/**
 * Hedges: one slow server of eight, and overloads, in which they must do no harm.
 *
 * @module
 */

import { hedge, pipeline, standard } from 'holdfast';
import { scenarios } from 'holdfast/simulator';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('holdfast/simulator').ArmSetup} ArmSetup */
/** @typedef {import('holdfast/simulator').RunContext} RunContext */

/**
 * Asks the one of two servers that has fewer requests of this client in flight, as good balancers do.
 * @param {ArmSetup} setup
 */
function lessBusyOfTwo({ servers, random }) {
  const inFlight = new Array(servers).fill(0);
  const any = () => Math.floor(random() * servers);
  return (/** @type {(context?: RunContext) => Promise<unknown>} */ operation) =>
    async (/** @type {RunContext} */ { signal }) => {
      const [one, other] = [any(), any()];
      const server = inFlight[other] < inFlight[one] ? other : one;
      inFlight[server]++;
      try {
        return await operation({ signal, server });
      } finally {
        inFlight[server]--;
      }
    };
}

/**
 * @param {import('holdfast').Policy<unknown>[]} policies
 * @returns {import('holdfast/simulator').Arm}
 */
const balanced =
  (...policies) =>
  (setup) => {
    const calls = pipeline(
      { name: 'simulated', clock: setup.clock, telemetry: false },
      // Each client has its own.
      ...policies.map((policy) => policy.fork?.() ?? policy),
    );
    const through = lessBusyOfTwo(setup);
    return { execute: (operation, options) => calls.execute(through(operation), options) };
  };

/** @type {import('holdfast/simulator').Arm} */
const plain = ({ clock, deadline }) =>
  pipeline({ name: 'simulated', clock, telemetry: false }, ...standard({ totalTimeout: deadline }));

/** @type {import('holdfast/simulator').Arm} */
const withHedge = ({ clock, deadline }) => {
  const policies = standard({ totalTimeout: deadline });
  // Inside the retry.
  const at = 1 + policies.findIndex(({ type }) => type === 'retry');
  return pipeline(
    { name: 'simulated', clock, telemetry: false },
    ...policies.slice(0, at),
    hedge(),
    ...policies.slice(at),
  );
};

/** @type {Comparison[]} */
export const comparisons = [
  {
    id: 'hedge-one-of-eight',
    title: 'One slow server of eight',
    about:
      'One of eight servers becomes ten times slower for 20 s. The client asks the less busy one of two servers, which keeps most calls away from it. A hedge saves most of the others.',
    scenario: {
      ...scenarios.one_of_eight_slow,
      clients: 1,
      load: 0.3,
      deadline: '2s',
      arrivals: '60s',
      triggers: [{ kind: 'slowdown', factor: 10, servers: 1, lasts: '20s' }],
    },
    arms: [
      { id: 'without', label: 'without', arm: balanced() },
      { id: 'hedge', label: '`hedge()`', arm: balanced(hedge()) },
    ],
    shows: ['p50', 'p99During', 'sent', 'served'],
    goals: [
      { arm: 'hedge', figure: 'p99During', atMost: { arm: 'without', times: 0.5 } },
      { arm: 'hedge', figure: 'sent', atMost: { arm: 'without', times: 1.05 } },
    ],
  },
  ...[scenarios.slowdown, scenarios.spike].map(
    (scenario) =>
      /** @type {Comparison} */ ({
        id: `hedge-${scenario.name}`,
        title: scenario.name === 'spike' ? 'A spike' : 'A slowdown',
        about: `${scenario.about} All calls are slow, and a hedge would be one more.`,
        scenario: { ...scenario, arrivals: '70s' },
        arms: [
          { id: 'without', label: '`standard()`', arm: plain },
          { id: 'hedge', label: '`hedge()` inside its retry', arm: withHedge },
        ],
        shows: ['served', 'sent'],
        goals: [{ arm: 'hedge', figure: 'served', atLeast: { arm: 'without', plus: -0.01 } }],
      }),
  ),
  {
    id: 'hedge-nearly-full',
    title: 'Servers that are nearly full',
    about: 'The calls take 95% of the capacity, all the time. Hardly more would be too many.',
    scenario: { name: 'nearly_full', load: 0.95, arrivals: '70s' },
    arms: [
      { id: 'without', label: '`standard()`', arm: plain },
      { id: 'hedge', label: '`hedge()` inside its retry', arm: withHedge },
    ],
    shows: ['served', 'lost', 'sent'],
    goals: [
      { arm: 'hedge', figure: 'served', atLeast: { arm: 'without', plus: -0.001 } },
      { arm: 'hedge', figure: 'lost', atMost: { arm: 'without' } },
    ],
  },
];
