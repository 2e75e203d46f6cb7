// @ts-check
import { AsyncResource } from 'node:async_hooks';
import { pipeline } from 'holdfast';
import { ofHoldfast as h } from '../libraries.js';
import { bareArm } from './bare.js';
import { fail, Owned, passOn } from './by-hand.js';

/** @typedef {import('../types.d.ts').Arm} Arm */
/** @typedef {import('../types.d.ts').Operation} Operation */
/** @typedef {import('../types.d.ts').PolicyName} PolicyName */

const IN_FLIGHT = 100_000;
/** Longer than anything here takes. */
const LONG = { timeoutMs: 300_000 };

/** With as many fields as a call on the straight path has: the plan, the operation, what policies note, the context's. */
class Noted extends Owned {
  host = this;
  plan = this;
  delivery = 0;
  operation = passOn;
  home = undefined;
  pass = undefined;
  stamp = 0;
  first = undefined;
  second = undefined;
  attempt = 1;
  owner = undefined;
  abort = undefined;
}

/** In a list of deadlines. */
class Due extends Noted {
  entry = { call: this, due: 0, next: undefined, previous: undefined };
}

class Homed extends Due {
  resource = new AsyncResource('Call', 1);
}

/** @param {new () => Owned} Shape */
const shaped = (Shape) => (/** @type {Operation} */ operation) => {
  const run = () => {
    const call = new Shape();
    const promise = call.promise();
    operation().then(
      (value) => call.resolve(value),
      (error) => call.reject(error),
    );
    return promise;
  };
  return async () => await run();
};

/** @type {readonly (Pick<Arm, 'id' | 'label' | 'create'> & Partial<Arm>)[]} */
const shapes = [
  {
    id: 'derived',
    label: 'a promise derived from the operation’s: `.then(f, g)`',
    create: (operation) => async () => await operation().then(passOn, fail),
  },
  {
    id: 'owned',
    label: 'and a promise of the call’s own, with what settles it, in an object',
    after: 'derived',
    create: shaped(Owned),
  },
  {
    id: 'noted',
    label: 'with twelve more fields: plan, operation, context, what policies note',
    after: 'owned',
    create: shaped(Noted),
  },
  {
    id: 'due',
    label: 'and an entry of four fields in a list of deadlines',
    after: 'noted',
    create: shaped(Due),
  },
  {
    id: 'homed',
    label: 'and an AsyncResource',
    after: 'due',
    create: shaped(Homed),
  },
];

/** @type {readonly { id: string, policies: PolicyName[], after?: string }[]} */
const pipelines = [
  { id: 'none', policies: [], after: 'derived' },
  { id: 'breaker', policies: ['breaker'], after: 'none' },
  { id: 'timeout', policies: ['timeout'], after: 'none' },
  { id: 'retry', policies: ['retry', 'timeout'], after: 'timeout' },
];

/** @param {readonly string[]} policies */
const titleOf = (policies) =>
  policies.length === 0 ? 'a pipeline with no policy' : policies.join(' + ');

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P7A',
  kind: 'in-flight',
  show: 'net',
  account: true,
  mostRuns: 1,
  sizes: [IN_FLIGHT],
  title: 'What a call in flight is made of',
  about:
    `Bytes on the heap of each of ${IN_FLIGHT.toLocaleString('en-US')} calls in flight, beyond the bare call's: written by hand with one thing more at a time, then pipelines. In ` +
    'brackets what the row adds to the one that it builds on.',
  groups: [
    { id: 'shapes', title: 'by hand', bare: 'bare' },
    ...pipelines.map(({ id, policies }) => ({ id, title: titleOf(policies), bare: `bare-${id}` })),
  ],
  arms: [
    bareArm('shapes'),
    ...shapes.map((shape) => ({
      library: /** @type {const} */ ('bare'),
      group: 'shapes',
      policies: [],
      ...shape,
    })),
    ...pipelines.flatMap(({ id, policies, after }) => [
      bareArm(id, { id: `bare-${id}` }),
      /** @type {Arm} */ ({
        id,
        label: titleOf(policies),
        library: 'holdfast',
        group: id,
        policies,
        after,
        create(operation, knobs) {
          const given = { ...LONG, ...knobs };
          const policy = pipeline(id, ...policies.map((name) => h[name](given)));
          return async () => await policy.execute(operation);
        },
      }),
    ]),
  ],
};
