// @ts-check
/**
 * All clients of the run over HTTP, in one process. Started by http.js, which it tells when it is warm, when the trigger begins and ends, and in the end
 * what became of the calls.
 *
 * @module
 */

import { pipeline, standard } from 'holdfast';
import { arms } from 'holdfast/simulator';

/** @typedef {import('holdfast/simulator').Caller} Caller */
/** @typedef {import('holdfast/simulator').ArmSetup} ArmSetup */
/** @typedef {import('./types.d.ts').HttpPlan} HttpPlan */

const SLICE_MS = 100;

/** @type {ArmSetup['clock']} */
const clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(/** @type {NodeJS.Timeout | undefined} */ (timer)),
};

/** @type {Record<string, (setup: ArmSetup) => Caller>} */
const makers = {
  none: arms.none,
  naive: arms.naive,
  standard: ({ deadline }) => pipeline('upstream', ...standard({ totalTimeout: deadline })),
};

const WARM_UP_CALLS = 200;

process.once(
  'message',
  async (/** @type {{ arm: string, port: number, plan: HttpPlan }} */ task) => {
    const { arm, port, plan } = task;
    const { clients, workers, serviceMs, load, deadlineMs: deadline } = plan;
    const make = makers[arm];
    if (make === undefined) throw new Error(`there is no arm ${arm} over HTTP`);
    const callers = Array.from({ length: clients }, (_, client) =>
      make({ clock, random: Math.random, client, deadline, servers: 1 }),
    );
    const url = `http://127.0.0.1:${port}/`;
    // Cold code is a trigger of its own.
    for (let i = 0; i < WARM_UP_CALLS; i += workers) {
      await Promise.all(Array.from({ length: workers }, async () => (await fetch(url)).text()));
    }
    process.send?.('warm');
    /** @type {{ calls: number, good: number, refused: number, requests: number }[]} */
    const slices = [];
    /** @type {number[]} */
    const latencies = [];
    const start = performance.now();

    const sliceAt = (/** @type {number} */ nowMs) => {
      const index = Math.floor((nowMs - start) / SLICE_MS);
      while (slices.length <= index) slices.push({ calls: 0, good: 0, refused: 0, requests: 0 });
      return /** @type {typeof slices[number]} */ (slices[index]);
    };

    const call = async (/** @type {Caller} */ caller) => {
      const startMs = performance.now();
      const slice = sliceAt(startMs);
      slice.calls++;
      const controller = new AbortController();
      const { signal } = controller;
      const timer = setTimeout(() => controller.abort(), deadline);
      const operation = async (
        /** @type {{ signal?: AbortSignal | undefined }} */ context = {},
      ) => {
        const response = await fetch(url, { signal: context.signal ?? signal });
        if (!response.ok) throw new Error(String(response.status));
        return await response.text();
      };
      try {
        await caller.execute(operation, { signal });
        const tookMs = performance.now() - startMs;
        if (tookMs > deadline) return;
        slice.good++;
        latencies.push(tookMs);
      } catch {
        // No answer in time: not good.
      } finally {
        clearTimeout(timer);
      }
    };

    const untilMs = plan.beforeMs + plan.triggerMs + plan.afterMs;
    const perMs = (load * workers) / serviceMs;
    let dueMs = 0;
    /** All calls that are due: a timer that comes late must not make them fewer. */
    const arrive = () => {
      const nowMs = performance.now() - start;
      while (dueMs <= nowMs && dueMs < untilMs) {
        void call(/** @type {Caller} */ (callers[Math.floor(Math.random() * clients)]));
        dueMs -= Math.log(1 - Math.random()) / perMs;
      }
      if (dueMs < untilMs) setTimeout(arrive, dueMs - nowMs);
    };
    arrive();
    setTimeout(() => process.send?.('trigger begins'), plan.beforeMs);
    setTimeout(() => process.send?.('trigger ends'), plan.beforeMs + plan.triggerMs);
    setTimeout(() => process.send?.({ slices, latencies }), untilMs + deadline + 500);
  },
);
