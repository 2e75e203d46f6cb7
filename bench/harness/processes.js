// @ts-check
/**
 * Every run of a path gets a process of its own, so that no run inherits the heap and the optimized
 * code of another.
 *
 * @module
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));

/** A young generation that holds all that is allocated while bytes are counted (see bytes.js). */
const ROOMY = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

/** cockatiel puts more listeners on one signal than Node thinks wise, and Node says so once a process. */
const ALWAYS = ['--expose-gc', '--disable-warning=MaxListenersExceededWarning'];

/**
 * @param {import('./worker.js').Task} task
 * @param {{ roomy: boolean }} options
 * @returns {Promise<import('../types.d.ts').RunResult>}
 */
export function inProcess(task, { roomy }) {
  return new Promise((resolve, reject) => {
    const child = fork(WORKER, [], { execArgv: [...ALWAYS, ...(roomy ? ROOMY : [])] });
    let answered = false;
    child.once('message', (/** @type {{ result?: never, error?: string }} */ answer) => {
      answered = true;
      if (answer.error === undefined) resolve(answer.result ?? {});
      else reject(new Error(`${task.path}: ${answer.error}`));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!answered) reject(new Error(`${task.path}: the process ended early (${signal ?? code})`));
    });
    child.send(task);
  });
}
