// @ts-check
/**
 * The situations, each with its goals for `standard()`. Scenarios are written out: these are the rows of an issue, whatever the
 * defaults of the simulator become.
 *
 * @module
 */

import { pipeline, standard } from 'holdfast';
import { MissingError, scenarios } from 'holdfast/simulator';

/** @typedef {import('./types.d.ts').Row} Row */
/** @typedef {import('./types.d.ts').Goal} Goal */
/** @typedef {import('./types.d.ts').Section} Section */
/** @typedef {import('holdfast/simulator').Scenario} Scenario */

export const SEEDS = [1, 2, 3];

/** @satisfies {Partial<Scenario>} */
const REFERENCE = {
  servers: 1,
  workers: 4,
  service: { mean: '20ms', spread: 'exponential' },
  network: '1ms',
  load: 0.75,
  deadline: '1s',
  arrivals: '120s',
};

const SHORT = /** @type {const} */ ({ at: '30s', lasts: '10s', varies: '4s' });
const LONG = /** @type {const} */ ({ at: '30s', lasts: '20s', varies: '4s' });

/** @type {Record<string, Partial<Scenario> & { about: string }>} */
const REFERENCE_ROWS = {
  slowdown: {
    about: 'the servers become ten times slower for about 10 s.',
    triggers: [{ kind: 'slowdown', factor: 10, ...SHORT }],
  },
  spike: {
    about: '2.5 times as many calls come for about 10 s.',
    triggers: [{ kind: 'spike', factor: 2.5, ...SHORT }],
  },
  'black hole': {
    about: 'requests and answers are swallowed for about 10 s.',
    triggers: [{ kind: 'black_hole', ...SHORT }],
  },
  'half fail': {
    about: 'half of all answers are errors for about 20 s.',
    triggers: [{ kind: 'errors', share: 0.5, ...LONG }],
  },
  'nine of ten fail': {
    about: 'nine of ten answers are errors for about 20 s.',
    triggers: [{ kind: 'errors', share: 0.9, ...LONG }],
  },
  'all fail': {
    about: 'all answers are errors for about 20 s.',
    triggers: [{ kind: 'errors', share: 1, ...LONG }],
  },
  steady: {
    about: 'nothing happens at 95% of the capacity; 1% of the answers are errors.',
    load: 0.95,
    errors: 0.01,
  },
};

/** @type {(seconds: number) => Goal} */
const back = (seconds) => ({ figure: 'back', atMost: seconds });
/** @type {(share: number) => Goal} */
const during = (share) => ({ figure: 'during', atLeast: share });
/** @type {Goal} */
const nothingLost = { figure: 'lost', atMost: 0 };
/** @type {Goal} */
const asNone = { figure: 'during', belowNone: 0.01 };

/**
 * A row of the reference set-up.
 * @param {string} name
 * @param {number} clients
 * @param {Goal[]} goals
 * @param {Partial<Scenario>} [other]
 * @returns {Row}
 */
function reference(name, clients, goals, other = {}) {
  const title = `${name}, ${clients} clients`;
  return {
    id: `${name.replaceAll(' ', '-')}-${clients}`,
    title,
    scenario: { name: title, ...REFERENCE, ...REFERENCE_ROWS[name], clients, ...other },
    shows: name === 'steady' ? ['lost'] : ['during', 'back'],
    goals,
  };
}

/** @type {(row: Row) => Row} */
const drawn = (row) => ({ ...row, chart: true });

/**
 * A ready scenario of the simulator.
 * @param {import('holdfast/simulator').ScenarioName} name
 * @param {string} title
 * @param {Goal[]} goals
 * @param {Partial<Scenario>} [other]
 * @returns {Row}
 */
function ready(name, title, goals, other = {}) {
  const clients = other.clients;
  return {
    id: name.replaceAll('_', '-') + (clients === undefined ? '' : `-${clients}`),
    title,
    scenario: { ...scenarios[name], ...other, name: title },
    shows: goals.includes(nothingLost) ? ['during', 'lost'] : ['during', 'back'],
    goals,
  };
}

/**
 * `standard()` that is told what is no failure.
 * @type {import('holdfast/simulator').Arm}
 */
const knowsMissing = ({ clock, deadline }) =>
  pipeline(
    { name: 'simulated', clock, telemetry: false },
    ...standard({
      totalTimeout: deadline,
      isFailure: (outcome) =>
        outcome.kind === 'failure' && !(outcome.error instanceof MissingError),
    }),
  );

/** @type {Section[]} */
export const sections = [
  {
    title: 'The reference set-up',
    about: [
      'One server has 4 workers and an endless queue, and goes on working for callers who are gone. A call is 20 ms of work on average (exponential), and the network takes 1 ms each way. ' +
        'Calls arrive as a Poisson process at 75% of the capacity, spread evenly over the clients. The trigger starts at 30 s. Its length varies with the seed by up to 4 s either way, because a fixed length flatters or punishes half-open phases. ' +
        'Calls arrive until 120 s. Errors are instant and cost the server nothing.',
    ],
    rows: [
      reference('slowdown', 20, [back(2)]),
      drawn(reference('slowdown', 100, [back(4)])),
      reference('spike', 20, []),
      drawn(reference('spike', 100, [during(0.45), back(1)])),
      reference('black hole', 20, []),
      reference('black hole', 100, [back(1)]),
      reference('half fail', 20, []),
      reference('half fail', 100, [during(0.93), back(1)]),
      reference('nine of ten fail', 20, [during(0.23), back(1)]),
      reference('nine of ten fail', 100, [during(0.23), back(1)]),
      reference('all fail', 20, [back(2)]),
      drawn(reference('all fail', 100, [back(2)])),
      reference('steady', 20, []),
      reference('steady', 100, [nothingLost]),
    ],
  },
  {
    title: 'One bad server of eight, and other numbers of clients',
    about: [
      'One of eight servers behind a balancer that picks by chance (2 workers and 40 ms each, 60% of the capacity, 100 clients) is no overload: nobody should send less because of it. ' +
        'Two clients make 60 calls a second each. The 15 clients share one worker, and a call is 50 ms of work; nothing happens to it. The rest is as in the reference set-up.',
    ],
    rows: [
      ready('one_of_eight_slow', 'one of 8 servers slow', [asNone]),
      ready('one_of_eight_swallows', 'one of 8 swallows requests', [asNone]),
      ready('one_of_eight_fails', 'one of 8 answers errors', [during(0.97)]),
      reference('half fail', 2, [during(0.935), back(0)], { load: 0.6 }),
      reference('all fail', 2, [back(0)], { load: 0.6 }),
      {
        id: 'steady-15',
        title: '15 clients of one worker, steady',
        scenario: {
          name: '15 clients of one worker, steady',
          ...REFERENCE,
          clients: 15,
          workers: 1,
          service: { mean: '50ms' },
        },
        shows: ['served', 'lost'],
        goals: [{ figure: 'served', atLeast: 0.95 }],
      },
      reference('slowdown', 150, [back(6)]),
      reference('spike', 150, [during(0.4), back(1)]),
    ],
  },
  {
    title: 'What is no outage',
    about: [
      'Half of the calls ask for what does not exist and get a 404, which is a true answer. In the first row no library is told that it is one: each 404 that is thrown is a failure for them, but it must not become an outage. ' +
        'In the second row `standard({ totalTimeout, isFailure })` is told: its `isFailure` says no to the error of a 404. The others are not, though cockatiel and opossum have filters of their own for it. ' +
        'In the other rows connections are refused for 300 ms. None of this is a reason to stop calling.',
    ],
    rows: [
      ready('missing_ids', 'half of the ids missing, 20 clients', [nothingLost], { clients: 20 }),
      {
        ...ready(
          'missing_ids',
          'half of the ids missing, `isFailure` set, 20 clients',
          [asNone, nothingLost],
          { clients: 20 },
        ),
        id: 'missing-ids-20-told',
        ours: knowsMissing,
      },
      ready('refused_blip', 'connections refused for 300 ms, 2 clients', [nothingLost], {
        clients: 2,
      }),
      ready('refused_blip', 'connections refused for 300 ms, 20 clients', [nothingLost], {
        clients: 20,
      }),
    ],
  },
  {
    title: 'Sensitivity',
    about: [
      'The slowdown again, with other clients and other latencies, to see how far the rows above depend on the set-up. There are no goals here. ' +
        'Deadlines: 100 ms for calls of 1 ms, 20 s for calls of 2 s, else 1 s. Each arm is told the deadline.',
    ],
    rows: [
      ready('unequal_clients', 'a quarter of the clients make half of the calls', []),
      ready('one_call_a_second', '100 clients of one call a second each', []),
      ready('calls_of_1_ms', 'calls of 1 ms', []),
      ready('calls_of_2_s', 'calls of 2 s', []),
      ready('bimodal', 'one call in twenty is ten times the work', []),
    ],
  },
];

export const rows = sections.flatMap((section) => section.rows);

/** @param {string} id */
export function rowOf(id) {
  const row = rows.find((each) => each.id === id);
  if (row === undefined) {
    throw new Error(`there is no row ${id}; there are ${rows.map((each) => each.id).join(', ')}`);
  }
  return row;
}
