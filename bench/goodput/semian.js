// @ts-check
/**
 * Semian's adaptive breaker as a policy, after its published proportional controller: once a second, the share of the calls that it
 * refuses moves by `error rate - ideal error rate - that share`, with the error rate of the last 10 s. Semian learns the ideal error
 * rate, from 5% on; here it stays at that. Later versions of the controller weigh the share less, and so refuse more.
 *
 * @see https://github.com/Shopify/semian
 * @module
 */

import { ThrottledError } from 'holdfast';

/** @typedef {import('holdfast').Call} Call */
/** @typedef {import('holdfast').Gate} Gate */
/** @typedef {import('holdfast').Outcome} Outcome */

const UPDATE_MS = 1_000;
const WINDOW_SECONDS = 10;
const IDEAL_ERROR_RATE = 0.05;

/** @implements {Gate} */
export class SemianBreaker {
  /** @type {'gate'} */
  role = 'gate';
  type = 'semian';
  /** The share of the calls that it refuses. */
  #rejectionRate = 0;
  /** When the second began that is going on. */
  #secondMs = Number.NaN;
  /** The seconds of the window, the one that is going on last. */
  #seconds = [{ calls: 0, errors: 0 }];

  /** @param {Call} call */
  enter(call) {
    this.#advance(call.time.now());
    if (Math.random() >= this.#rejectionRate) return undefined;
    return new ThrottledError('the upstream fails too many calls');
  }

  /**
   * @param {Call} call
   * @param {Outcome} outcome
   */
  exit(call, { kind }) {
    // A refusal inside, and a call that was given up, say nothing of the upstream.
    if (kind === 'rejected' || kind === 'cancelled') return;
    this.#advance(call.time.now());
    const second = this.#seconds.at(-1);
    if (second === undefined) return;
    second.calls++;
    if (kind !== 'success') second.errors++;
  }

  /** @param {number} nowMs */
  #advance(nowMs) {
    if (Number.isNaN(this.#secondMs)) this.#secondMs = nowMs;
    while (nowMs - this.#secondMs >= UPDATE_MS) {
      this.#secondMs += UPDATE_MS;
      this.#update();
    }
  }

  #update() {
    const calls = this.#seconds.reduce((sum, second) => sum + second.calls, 0);
    const errors = this.#seconds.reduce((sum, second) => sum + second.errors, 0);
    const errorRate = calls === 0 ? 0 : errors / calls;
    const p = errorRate - IDEAL_ERROR_RATE - this.#rejectionRate;
    this.#rejectionRate = Math.min(1, Math.max(0, this.#rejectionRate + p));
    this.#seconds.push({ calls: 0, errors: 0 });
    if (this.#seconds.length > WINDOW_SECONDS) this.#seconds.shift();
  }
}
