// @ts-check
/**
 * The slowdown once over real HTTP: a server in its own process, all clients in another, over loopback.
 *
 * @module
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { measure, resolveScenario } from 'holdfast/simulator';
import { rounded } from './results.js';
import { valueText } from './verdict.js';

/** @typedef {import('./types.d.ts').HttpPlan} HttpPlan */
/** @typedef {import('./types.d.ts').Outcome} Outcome */

const SERVER = fileURLToPath(new URL('./http-server.js', import.meta.url));
const CLIENTS = fileURLToPath(new URL('./http-clients.js', import.meta.url));

const ARMS = ['none', 'naive', 'standard'];

/** @type {HttpPlan} */
const plan = {
  clients: 20,
  workers: 4,
  serviceMs: 20,
  load: 0.75,
  deadlineMs: 1_000,
  factor: 10,
  beforeMs: 5_000,
  triggerMs: 8_000,
  afterMs: 25_000,
};

/** Goodput before the trigger: with less, there is nothing to come back to. */
const LEAST_BEFORE = 0.95;

/** @type {HttpPlan} */
const smokePlan = { ...plan, beforeMs: 1_000, triggerMs: 300, afterMs: 500 };

/**
 * All arms at once for a moment.
 * @returns {Promise<Record<string, Outcome>>}
 */
export async function smokeHttp() {
  const outcomes = await Promise.all(ARMS.map((arm) => runArm(arm, smokePlan)));
  return Object.fromEntries(outcomes.map((outcome, i) => [ARMS[i], outcome]));
}

/**
 * One arm after the other.
 * @returns {Promise<import('./types.d.ts').HttpResults>}
 */
export async function runHttp() {
  /** @type {Record<string, Outcome>} */
  const arms = {};
  for (const arm of ARMS) {
    const outcome = await runArm(arm, plan);
    if (outcome.before < LEAST_BEFORE) {
      throw new Error(
        `over HTTP, ${arm}: goodput of ${outcome.before} before anything happens; is the machine too busy?`,
      );
    }
    arms[arm] = outcome;
    console.log(
      `over HTTP  ${arm}: ${valueText('during', outcome.during)} during, back ${valueText('back', outcome.back)}`,
    );
  }
  return { plan, arms };
}

/**
 * @param {string} arm
 * @param {HttpPlan} given
 * @returns {Promise<Outcome>}
 */
async function runArm(arm, given) {
  const server = fork(SERVER);
  const clients = fork(CLIENTS, { execArgv: ['--disable-warning=MaxListenersExceededWarning'] });
  try {
    server.send(given);
    const { port } = await answerOf(server);
    clients.send({ arm, port, plan: given });
    await answerOf(clients); // warm
    server.send('forget');
    await answerOf(clients); // the trigger begins
    server.send({ factor: given.factor });
    await answerOf(clients); // the trigger ends
    server.send({ factor: 1 });
    const { slices, latencies } = await answerOf(clients);
    server.send('counts');
    const upstream = await answerOf(server);
    return outcomeOf(given, slices, latencies, upstream);
  } finally {
    server.kill();
    clients.kill();
  }
}

/**
 * The next message of a process.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<any>}
 */
function answerOf(child) {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new Error('a process of the run over HTTP ended early'));
    child.once('exit', lost);
    child.once('message', (message) => {
      child.off('exit', lost);
      resolve(message);
    });
  });
}

/**
 * Measured as the simulator measures.
 * @param {HttpPlan} given
 * @param {import('holdfast/simulator').Run['slices']} slices
 * @param {number[]} latencies
 * @param {import('holdfast/simulator').Run['upstream']} upstream
 * @returns {Outcome}
 */
function outcomeOf(given, slices, latencies, upstream) {
  const { clients, workers, serviceMs, load, deadlineMs, beforeMs, triggerMs, afterMs } = given;
  const trigger = { at: beforeMs, lasts: triggerMs };
  const scenario = resolveScenario({
    name: 'HTTP',
    clients,
    workers,
    service: { mean: serviceMs },
    load,
    deadline: deadlineMs,
    arrivals: beforeMs + triggerMs + afterMs,
    triggers: [{ kind: 'slowdown', factor: given.factor, ...trigger }],
  });
  const spells = scenario.triggers.map((each) => ({
    ...each,
    startMs: beforeMs,
    endMs: beforeMs + triggerMs,
  }));
  const run = { scenario, spells, slices, samples: [], latencies, starts: [], upstream };
  const { before, during, after, recovery, lost, amplification, wasted } = measure(run);
  return rounded({
    seed: 0,
    troubleMs: triggerMs,
    before,
    during,
    after,
    back: recovery,
    lost,
    sent: amplification,
    wasted,
  });
}
