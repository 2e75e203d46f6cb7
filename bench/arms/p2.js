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
import { FALLBACK } from '../settings.js';
import { bareArm } from './bare.js';

/** @type {import('../types.d.ts').PolicyName[]} */
const four = ['fallback', 'retry', 'breaker', 'bulkhead'];
/** @type {import('../types.d.ts').PolicyName[]} */
const three = ['fallback', 'breaker', 'bulkhead'];

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P2',
  kind: 'time',
  show: 'net',
  title: 'Four policies, without a timeout',
  about: 'Fallback, retry, circuit breaker and bulkhead around an operation that succeeds.',
  groups: [
    { id: 'four', title: 'fallback + retry + breaker + bulkhead', bare: 'bare' },
    { id: 'three', title: "opossum's three: fallback + breaker + bulkhead", bare: 'bare-three' },
  ],
  arms: [
    bareArm('four'),
    {
      id: 'holdfast',
      label: 'holdfast',
      library: 'holdfast',
      group: 'four',
      policies: four,
      create(operation) {
        const policy = pipeline('four', h.fallback(), h.retry(), h.breaker(), h.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'four',
      policies: four,
      create(operation) {
        const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia',
      label: 'mollitia',
      library: 'mollitia',
      group: 'four',
      policies: four,
      fallbackRejects: true,
      create(operation) {
        const modules = [m.fallback(), m.retry(), m.breaker(), m.bulkhead()];
        const policy = new Circuit({ func: operation, options: { modules } });
        return async () => await policy.execute();
      },
    },
    bareArm('three', { id: 'bare-three' }),
    {
      id: 'holdfast-three',
      label: 'holdfast',
      library: 'holdfast',
      group: 'three',
      policies: three,
      create(operation) {
        const policy = pipeline('three', h.fallback(), h.breaker(), h.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'opossum-three',
      label: 'opossum',
      library: 'opossum',
      group: 'three',
      policies: three,
      create(operation) {
        const policy = new CircuitBreaker(operation, {
          ...o.breaker,
          ...o.noTimeout,
          ...o.bulkhead,
        });
        policy.fallback(() => FALLBACK);
        return async () => await policy.fire();
      },
    },
  ],
};
