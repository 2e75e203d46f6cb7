// @ts-check
import { strict as assert } from 'node:assert';
import { AsyncResource } from 'node:async_hooks';
import { pipeline } from 'holdfast';
import { ofHoldfast as h } from '../libraries.js';
import { ANSWER } from '../settings.js';
import { bareArm } from './bare.js';
import { fail, Owned, passOn } from './by-hand.js';

/** @typedef {import('../types.d.ts').Arm} Arm */
/** @typedef {import('../types.d.ts').Operation} Operation */
/** @typedef {import('../types.d.ts').PolicyName} PolicyName */

/** The cause that async_hooks is told, as holdfast does it: to look up the true one costs more. */
const CAUSE = 1;

/** @param {Operation} operation */
function owned(operation) {
  const call = new Owned();
  const promise = call.promise();
  operation().then(
    (value) => call.resolve(value),
    (error) => call.reject(error),
  );
  return promise;
}

/** A call that remembers where it was made, so that a timer can end it there. */
class Homed extends Owned {
  home = new AsyncResource('Call', CAUSE);
}

/** @param {Operation} operation */
function homed(operation) {
  const call = new Homed();
  const promise = call.promise();
  operation().then(
    (value) => call.resolve(value),
    (error) => call.reject(error),
  );
  return promise;
}

/** An error as holdfast makes it where no stack is wanted: an ordinary object. */
class Refusal {
  /** @param {string} message */
  constructor(message) {
    this.message = message;
    this.stack = '';
  }
}
Object.setPrototypeOf(Refusal.prototype, Error.prototype);

/** @type {(arm: Arm) => Promise<void>} */
const refuses = async (arm) => {
  const call = await arm.create(async () => ANSWER, {});
  const { status, reason } = /** @type {PromiseRejectedResult} */ (await call());
  assert.equal(status, 'rejected');
  assert.ok(reason instanceof Error);
};

/** @type {readonly (Pick<Arm, 'id' | 'label' | 'create'> & Partial<Arm>)[]} */
const shapes = [
  {
    id: 'async',
    label: 'one more async function',
    create: (operation) => {
      const inner = async () => await operation();
      return async () => await inner();
    },
  },
  {
    id: 'derived',
    label: 'a promise derived from the operation’s: `.then(f, g)`',
    create: (operation) => async () => await operation().then(passOn, fail),
  },
  {
    id: 'settled',
    label: 'the same, to a result as `settle` answers it',
    after: 'derived',
    create: (operation) => async () =>
      await operation().then(
        (value) => ({ status: 'fulfilled', value }),
        (reason) => ({ status: 'rejected', reason }),
      ),
    async check(arm) {
      const call = await arm.create(async () => ANSWER, {});
      assert.deepEqual(await call(), { status: 'fulfilled', value: ANSWER });
    },
  },
  {
    id: 'owned',
    label: 'and a promise of the call’s own, which can be settled early, in an object',
    after: 'derived',
    create: (operation) => async () => await owned(operation),
  },
  {
    id: 'woken',
    label: 'and the caller woken in its own async context, by one more derived promise',
    after: 'owned',
    create: (operation) => async () => await owned(operation).then(passOn),
  },
  {
    id: 'homed',
    label: 'or by an AsyncResource in its place',
    after: 'owned',
    create: (operation) => async () => await homed(operation),
  },
  {
    id: 'clock',
    label: 'a reading of the clock',
    create: (operation) => {
      let last = 0;
      return async () => {
        last = performance.now();
        const value = await operation();
        return last < 0 ? last : value;
      };
    },
  },
  {
    id: 'refused',
    label:
      'no operation, but an error answered as a value, as `settle` does; the error an ordinary object',
    create: () => async () =>
      await Promise.resolve({ status: 'rejected', reason: new Refusal('refused') }),
    check: refuses,
  },
  {
    id: 'refused-native',
    label: 'the same, the error a native one with no stack',
    create: () => async () => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      const reason = new Error('refused');
      Error.stackTraceLimit = stackTraceLimit;
      return await Promise.resolve({ status: 'rejected', reason });
    },
    check: refuses,
  },
];

/** @type {readonly { id: string, title: string, policies: PolicyName[], after?: string }[]} */
const pipelines = [
  { id: 'none', title: 'a pipeline with no policy', policies: [], after: 'derived' },
  { id: 'one', title: 'fallback', policies: ['fallback'] },
  { id: 'two', title: 'fallback + retry', policies: ['fallback', 'retry'] },
  { id: 'three', title: 'fallback + retry + breaker', policies: ['fallback', 'retry', 'breaker'] },
  {
    id: 'four',
    title: 'fallback + retry + breaker + bulkhead',
    policies: ['fallback', 'retry', 'breaker', 'bulkhead'],
  },
  {
    id: 'five',
    title: 'fallback + retry + breaker + timeout + bulkhead',
    policies: ['fallback', 'retry', 'breaker', 'timeout', 'bulkhead'],
  },
  { id: 'timeout', title: 'timeout alone', policies: ['timeout'], after: 'none' },
];

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P1A',
  kind: 'time',
  show: 'net',
  account: true,
  mostRuns: 3,
  title: 'Where the time of a call goes',
  about:
    'A call that succeeds, written by hand with one thing more at a time, and then pipelines that grow by a policy. No library that promises the same gets ' +
    'below the first rows: without a timeout a pipeline needs the derived promise, with one the promise of its own too, and the wake-up where the call may be ' +
    'ended by somebody else and user code runs then. Beyond bare, over bare; in brackets what the row adds to the one that it builds on.',
  groups: [
    { id: 'shapes', title: 'by hand', bare: 'bare' },
    ...pipelines.map(({ id, title }) => ({ id, title, bare: `bare-${id}` })),
  ],
  arms: [
    bareArm('shapes'),
    ...shapes.map((shape) => ({
      library: /** @type {const} */ ('bare'),
      group: 'shapes',
      policies: [],
      ...shape,
    })),
    ...pipelines.flatMap(({ id, title, policies, after }, i) => [
      bareArm(id, { id: `bare-${id}` }),
      /** @type {Arm} */ ({
        id,
        label: title,
        library: 'holdfast',
        group: id,
        policies,
        after: after ?? pipelines[i - 1]?.id,
        create(operation, knobs) {
          const policy = pipeline(id, ...policies.map((name) => h[name](knobs)));
          return async () => await policy.execute(operation);
        },
      }),
    ]),
  ],
};
