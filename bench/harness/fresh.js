// @ts-check
/**
 * What a library costs a process that has not loaded it yet: each measurement has a process of its own.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHILD = fileURLToPath(new URL('./fresh-process.js', import.meta.url));

/**
 * @param {import('./fresh-process.js').FreshTask} task
 * @returns {Promise<import('../types.d.ts').OwnSample>}
 */
export async function inFreshProcess(task) {
  const arguments_ = ['--expose-gc', CHILD, JSON.stringify(task)];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_);
  return JSON.parse(stdout);
}
