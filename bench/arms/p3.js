// @ts-check
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

/** @type {import('../types.d.ts').CallPath} */
const alone = {
  id: 'P3',
  kind: 'time',
  show: 'net',
  title: 'Each policy alone, success',
  about:
    'One policy around an operation that succeeds. opossum has a breaker only (its other policies cannot stand alone).',
  groups: [
    { id: 'fallback', title: 'fallback', bare: 'bare-fallback' },
    { id: 'retry', title: 'retry', bare: 'bare-retry' },
    { id: 'breaker', title: 'circuit breaker', bare: 'bare-breaker' },
    { id: 'timeout', title: 'timeout', bare: 'bare-timeout' },
    { id: 'bulkhead', title: 'bulkhead', bare: 'bare-bulkhead' },
  ],
  arms: [
    bareArm('fallback', { id: 'bare-fallback' }),
    {
      id: 'holdfast-fallback',
      label: 'holdfast',
      library: 'holdfast',
      group: 'fallback',
      policies: ['fallback'],
      create(operation) {
        const policy = pipeline('alone', h.fallback());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-fallback',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'fallback',
      policies: ['fallback'],
      create(operation) {
        const policy = c.fallback();
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia-fallback',
      label: 'mollitia',
      library: 'mollitia',
      group: 'fallback',
      policies: ['fallback'],
      fallbackRejects: true,
      create(operation) {
        const policy = new Circuit({ func: operation, options: { modules: [m.fallback()] } });
        return async () => await policy.execute();
      },
    },
    bareArm('retry', { id: 'bare-retry' }),
    {
      id: 'holdfast-retry',
      label: 'holdfast',
      library: 'holdfast',
      group: 'retry',
      policies: ['retry'],
      create(operation) {
        const policy = pipeline('alone', h.retry());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-retry',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'retry',
      policies: ['retry'],
      create(operation) {
        const policy = c.retry();
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia-retry',
      label: 'mollitia',
      library: 'mollitia',
      group: 'retry',
      policies: ['retry'],
      create(operation) {
        const policy = new Circuit({ func: operation, options: { modules: [m.retry()] } });
        return async () => await policy.execute();
      },
    },
    bareArm('breaker', { id: 'bare-breaker' }),
    {
      id: 'holdfast-breaker',
      label: 'holdfast',
      library: 'holdfast',
      group: 'breaker',
      policies: ['breaker'],
      create(operation) {
        const policy = pipeline('alone', h.breaker());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-breaker',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'breaker',
      policies: ['breaker'],
      create(operation) {
        const policy = c.breaker();
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'opossum-breaker',
      label: 'opossum',
      library: 'opossum',
      group: 'breaker',
      policies: ['breaker'],
      create(operation) {
        const policy = new CircuitBreaker(operation, { ...o.breaker, ...o.noTimeout });
        return async () => await policy.fire();
      },
    },
    {
      id: 'mollitia-breaker',
      label: 'mollitia',
      library: 'mollitia',
      group: 'breaker',
      policies: ['breaker'],
      create(operation) {
        const policy = new Circuit({ func: operation, options: { modules: [m.breaker()] } });
        return async () => await policy.execute();
      },
    },
    bareArm('timeout', { id: 'bare-timeout' }),
    {
      id: 'holdfast-timeout',
      label: 'holdfast',
      library: 'holdfast',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const policy = pipeline('alone', h.timeout(knobs));
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-timeout',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const policy = c.timeout(knobs);
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia-timeout',
      label: 'mollitia',
      library: 'mollitia',
      group: 'timeout',
      policies: ['timeout'],
      create(operation, knobs) {
        const policy = new Circuit({ func: operation, options: { modules: [m.timeout(knobs)] } });
        return async () => await policy.execute();
      },
    },
    bareArm('bulkhead', { id: 'bare-bulkhead' }),
    {
      id: 'holdfast-bulkhead',
      label: 'holdfast',
      library: 'holdfast',
      group: 'bulkhead',
      policies: ['bulkhead'],
      create(operation) {
        const policy = pipeline('alone', h.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-bulkhead',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'bulkhead',
      policies: ['bulkhead'],
      create(operation) {
        const policy = c.bulkhead();
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia-bulkhead',
      label: 'mollitia',
      library: 'mollitia',
      group: 'bulkhead',
      policies: ['bulkhead'],
      create(operation) {
        const policy = new Circuit({ func: operation, options: { modules: [m.bulkhead()] } });
        return async () => await policy.execute();
      },
    },
  ],
};

/** @type {import('../types.d.ts').CallPath} */
const limits = {
  id: 'P3L',
  kind: 'time',
  show: 'net',
  title: 'Each policy against overload alone, success',
  about:
    'One policy around an operation that succeeds, as in P3. The other libraries do not have these.',
  groups: [
    { id: 'rateLimiter', title: 'rate limiter', bare: 'bare-rateLimiter' },
    { id: 'adaptiveLimiter', title: 'adaptive limiter', bare: 'bare-adaptiveLimiter' },
    { id: 'throttle', title: 'throttle', bare: 'bare-throttle' },
  ],
  arms: [
    bareArm('rateLimiter', { id: 'bare-rateLimiter' }),
    {
      id: 'holdfast-rateLimiter',
      label: 'holdfast',
      library: 'holdfast',
      group: 'rateLimiter',
      policies: ['rateLimiter'],
      create(operation, knobs) {
        const policy = pipeline('alone', h.rateLimiter(knobs));
        return async () => await policy.execute(operation);
      },
    },
    bareArm('adaptiveLimiter', { id: 'bare-adaptiveLimiter' }),
    {
      id: 'holdfast-adaptiveLimiter',
      label: 'holdfast',
      library: 'holdfast',
      group: 'adaptiveLimiter',
      policies: ['adaptiveLimiter'],
      create(operation) {
        const policy = pipeline('alone', h.adaptiveLimiter());
        return async () => await policy.execute(operation);
      },
    },
    bareArm('throttle', { id: 'bare-throttle' }),
    {
      id: 'holdfast-throttle',
      label: 'holdfast',
      library: 'holdfast',
      group: 'throttle',
      policies: ['throttle'],
      create(operation) {
        const policy = pipeline('alone', h.throttle());
        return async () => await policy.execute(operation);
      },
    },
  ],
};

export { alone, limits };
