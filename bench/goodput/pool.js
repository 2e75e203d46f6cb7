// @ts-check
/**
 * Two processes that take jobs from one list. A simulation borrows the clock of its process, so two cannot run in one.
 *
 * @module
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./types.d.ts').Job} Job */
/** @typedef {import('./types.d.ts').RunAnswer} RunAnswer */

const WORKER = fileURLToPath(new URL('./worker.js', import.meta.url));
const PROCESSES = 2;

/** cockatiel puts more listeners on one signal than Node thinks wise. */
const EXEC_ARGV = ['--disable-warning=MaxListenersExceededWarning'];

/**
 * @param {readonly Job[]} jobs
 * @param {(job: Job, answer: RunAnswer) => void} done
 * @returns {Promise<void>} rejects with the first error
 */
export async function runAll(jobs, done) {
  const left = [...jobs];
  const children = Array.from({ length: Math.min(PROCESSES, jobs.length) }, () =>
    // What is no JSON, such as Infinity, gets through.
    fork(WORKER, [], { execArgv: EXEC_ARGV, serialization: 'advanced' }),
  );
  const work = async (/** @type {import('node:child_process').ChildProcess} */ child) => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      done(job, await ask(child, job));
    }
  };
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill();
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {Job} job
 * @returns {Promise<RunAnswer>}
 */
function ask(child, job) {
  return new Promise((resolve, reject) => {
    const end = () => {
      child.off('message', heard);
      child.off('exit', lost);
    };
    const heard = (/** @type {any} */ { answer, error }) => {
      end();
      if (error === undefined) resolve(answer);
      else reject(new Error(error));
    };
    const lost = () => {
      end();
      reject(new Error(`${job.row}, ${job.arm}: the process ended early`));
    };
    child.on('message', heard);
    child.on('exit', lost);
    child.send(job);
  });
}
