// @ts-check
/** One bad server of eight, for clients that choose the server themselves: at random, or with `pick` and `ejection()`. */

import { ejection, keyed, pipeline, retry, timeout } from 'holdfast';

/** @typedef {import('./types.d.ts').Comparison} Comparison */
/** @typedef {import('./types.d.ts').Figure} Figure */
/** @typedef {import('holdfast/simulator').Arm} Arm */
/** @typedef {import('holdfast/simulator').ArmSetup} ArmSetup */

const SERVERS = 8;
const AT_S = 4;
const LASTS_S = 8;
const ARRIVALS_S = 16;

/** @param {ArmSetup} setup */
function serversOf({ servers }) {
  return Array.from({ length: servers }, (_, i) => String(i));
}

/** @type {Arm} */
const atRandom = (setup) => {
  const { clock, random, deadline } = setup;
  const servers = serversOf(setup);
  const each = pipeline({ name: 'each', clock, telemetry: false }, timeout(deadline / 4));
  return {
    execute: (operation, { signal }) => {
      const server = Math.floor(random() * servers.length);
      return each.execute((context) => operation({ signal: context.signal, server }), { signal });
    },
  };
};

/**
 * @param {ArmSetup} setup
 * @param {import('holdfast').EjectionOptions} [options]
 */
function balanced({ clock, random, deadline }, options) {
  const policies = [timeout(deadline / 4), ejection({ ejectFor: '4s', random, ...options })];
  return keyed(pipeline({ name: 'each', clock, telemetry: false }, ...policies), { random });
}

/** @type {(options?: import('holdfast').EjectionOptions) => Arm} */
const ejectingWith = (options) => (setup) => {
  const servers = serversOf(setup);
  const byServer = balanced(setup, options);
  return {
    execute: (operation, { signal }) => {
      const server = byServer.pick(servers);
      return byServer.execute(
        server,
        (context) => operation({ signal: context.signal, server: Number(server) }),
        { signal },
      );
    },
  };
};

/** The same, and a retry that asks another server. @type {Arm} */
const elsewhere = (setup) => {
  const { clock, random, deadline } = setup;
  const servers = serversOf(setup);
  const byServer = balanced(setup);
  const whole = pipeline(
    { name: 'whole', clock, telemetry: false },
    timeout(deadline),
    retry({ maxRetries: 2, initialDelay: 5, random }),
  );
  return {
    execute: (operation, { signal }) => {
      /** @type {string[]} */
      const tried = [];
      return whole.execute(
        (outer) => {
          const server = byServer.pick(servers, tried);
          tried.push(server);
          return byServer.execute(
            server,
            (context) => operation({ signal: context.signal, server: Number(server) }),
            { signal: outer.signal },
          );
        },
        { signal },
      );
    },
  };
};

/** @param {number} fromS @param {number} toS @returns {Figure['of']} */
const answeredIn =
  (fromS, toS) =>
  ({ series: { calls, goodput } }) => {
    let all = 0;
    let good = 0;
    for (let second = fromS; second < Math.min(toS, calls.length); second++) {
      all += calls[second] ?? 0;
      good += (calls[second] ?? 0) * (goodput[second] ?? 0);
    }
    return good / all;
  };

/** @type {Figure} */
const soon = {
  id: 'soon',
  words: 'answered from 2 s after its begin on',
  unit: 'share',
  of: answeredIn(AT_S + 2, ARRIVALS_S),
};

const usual = {
  clients: 5,
  servers: SERVERS,
  workers: 2,
  load: 0.5,
  arrivals: ARRIVALS_S * 1_000,
};
const when = { at: AT_S * 1_000, lasts: LASTS_S * 1_000 };

const arms = [
  { id: 'without', label: 'a server at random', arm: atRandom },
  { id: 'with', label: '`pick` with `ejection()`', arm: ejectingWith() },
  { id: 'elsewhere', label: 'and a retry elsewhere', arm: elsewhere },
];
const fewer = {
  id: 'fewer',
  label: 'with `minimumCalls: 20`',
  arm: ejectingWith({ minimumCalls: 20 }),
};
const goals = [
  { arm: 'with', figure: 'soon', atLeast: 0.99 },
  { arm: 'elsewhere', figure: 'soon', atLeast: 0.99 },
];

/** @type {Comparison[]} */
export const comparisons = [
  {
    id: 'ejection-errors',
    title: 'One of eight fails',
    about: `Every call to it fails for ${LASTS_S} s.`,
    scenario: {
      name: 'one of eight fails',
      ...usual,
      triggers: [{ kind: 'errors', share: 1, servers: 1, ...when }],
    },
    arms,
    shows: ['before', soon, 'sent'],
    goals,
  },
  {
    id: 'ejection-half',
    title: 'One of eight fails half of its calls',
    about:
      'Successes come between, so it is its rate that shows it, and rates need calls: here all come from one client. With `minimumCalls: 20` it is found sooner.',
    scenario: {
      name: 'one of eight half fails',
      ...usual,
      clients: 1,
      triggers: [{ kind: 'errors', share: 0.5, servers: 1, ...when }],
    },
    arms: [...arms.slice(0, 2), fewer, ...arms.slice(2)],
    shows: ['before', soon, 'sent'],
    goals: [
      { arm: 'with', figure: 'soon', atLeast: 0.98 },
      { arm: 'fewer', figure: 'soon', atLeast: 0.99 },
      { arm: 'elsewhere', figure: 'soon', atLeast: 0.99 },
    ],
  },
  {
    id: 'ejection-swallows',
    title: 'One of eight does not answer',
    about: 'It takes calls and never answers. An attempt may take a quarter of the deadline.',
    scenario: {
      name: 'one of eight swallows',
      ...usual,
      triggers: [{ kind: 'black_hole', servers: 1, ...when }],
    },
    arms,
    shows: ['before', soon, 'sent'],
    goals,
  },
  {
    id: 'ejection-slow',
    title: 'One of eight is slow',
    about: 'Its answers take ten times as long. `pick` sends it little, as it has calls in flight.',
    scenario: {
      name: 'one of eight is slow',
      ...usual,
      triggers: [{ kind: 'slowdown', factor: 10, servers: 1, ...when }],
    },
    arms,
    shows: ['before', soon, 'p99During'],
    goals,
  },
  {
    id: 'ejection-all',
    title: 'All eight fail half of their calls',
    about: 'No server is to blame, and none is left out.',
    scenario: {
      name: 'all half fail',
      ...usual,
      triggers: [{ kind: 'errors', share: 0.5, ...when }],
    },
    arms,
    shows: ['during', 'after', 'sent'],
    goals: [
      { arm: 'with', figure: 'during', atLeast: { arm: 'without', times: 0.98 } },
      { arm: 'with', figure: 'after', atLeast: 0.99 },
    ],
  },
];
