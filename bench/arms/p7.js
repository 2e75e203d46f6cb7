// @ts-check
import { wrap } from 'cockatiel4';
import { pipeline } from 'holdfast';
import { Circuit } from 'mollitia';
import CircuitBreaker from 'opossum';
import {
  ofCockatiel as c,
  ofHoldfast as h,
  ofMollitia as m,
  ofOpossum as o,
} from '../libraries.js';
import { bareArm } from './bare.js';

/** Long enough that no call of the largest crowd expires while it is measured. */
const LONG = { timeoutMs: 300_000 };

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P7',
  kind: 'in-flight',
  show: 'total',
  title: 'Many calls in flight',
  about:
    'Calls under a timeout whose operations are still pending. A further call: one of 1,000 more that start and settle while these stay in flight. ' +
    'Bytes: the live heap of a call in flight.',
  more: '"Burst": N calls start together, then settle together; the garbage collector moves all that is alive, so the bare call grows with N too.',
  groups: [
    { id: 'timeout', title: 'timeout', bare: 'bare' },
    { id: 'retry', title: 'retry + timeout', bare: 'bare-retry' },
    { id: 'breaker', title: "opossum's two: breaker + timeout", bare: 'bare-breaker' },
  ],
  arms: [
    bareArm('timeout'),
    {
      id: 'holdfast',
      label: 'holdfast',
      library: 'holdfast',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const policy = pipeline('timeout', h.timeout({ ...LONG, ...knobs }));
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const policy = c.timeout({ ...LONG, ...knobs });
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia',
      label: 'mollitia',
      library: 'mollitia',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const modules = [m.timeout({ ...LONG, ...knobs })];
        const policy = new Circuit({ func: operation, options: { modules } });
        return async () => await policy.execute();
      },
    },
    bareArm('retry', { id: 'bare-retry' }),
    {
      id: 'holdfast-retry',
      label: 'holdfast',
      library: 'holdfast',
      group: 'retry',
      policies: ['retry', 'timeout'],
      create(operation, knobs) {
        const policy = pipeline('retry', h.retry(), h.timeout({ ...LONG, ...knobs }));
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-retry',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'retry',
      policies: ['retry', 'timeout'],
      /** Every call adds a listener to one shared signal, in time that grows with the number in flight. */
      maxInFlight: 10_000,
      create(operation, knobs) {
        const policy = wrap(c.retry(), c.timeout({ ...LONG, ...knobs }));
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia-retry',
      label: 'mollitia',
      library: 'mollitia',
      group: 'retry',
      policies: ['retry', 'timeout'],
      create(operation, knobs) {
        const modules = [m.retry(), m.timeout({ ...LONG, ...knobs })];
        const policy = new Circuit({ func: operation, options: { modules } });
        return async () => await policy.execute();
      },
    },
    bareArm('breaker', { id: 'bare-breaker' }),
    {
      id: 'holdfast-breaker',
      label: 'holdfast',
      library: 'holdfast',
      group: 'breaker',
      policies: ['breaker', 'timeout'],
      create(operation, knobs) {
        const policy = pipeline('breaker', h.breaker(), h.timeout({ ...LONG, ...knobs }));
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'opossum-breaker',
      label: 'opossum',
      library: 'opossum',
      group: 'breaker',
      policies: ['breaker', 'timeout'],
      create(operation, knobs) {
        const policy = new CircuitBreaker(operation, {
          ...o.breaker,
          ...o.timeout({ ...LONG, ...knobs }),
        });
        return async () => await policy.fire();
      },
    },
  ],
};
