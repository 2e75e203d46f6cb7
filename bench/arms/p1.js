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
import { ANSWER, FALLBACK } from '../settings.js';
import { bareArms } from './bare.js';

/** @type {import('../types.d.ts').PolicyName[]} */
const five = ['fallback', 'retry', 'breaker', 'timeout', 'bulkhead'];
/** @type {import('../types.d.ts').PolicyName[]} */
const four = ['fallback', 'breaker', 'timeout', 'bulkhead'];

/** An operation that takes its signal, as `fetch` does. */
const readsSignal = async (/** @type {unknown} */ context) => {
  if (/** @type {{ signal?: AbortSignal }} */ (context)?.signal?.aborted)
    throw new Error('aborted');
  return ANSWER;
};

/** @type {import('../types.d.ts').Path} */
export default {
  id: 'P1',
  kind: 'time',
  show: 'net',
  title: 'Five policies, success',
  about:
    'Fallback, retry, circuit breaker, timeout and bulkhead around an operation that succeeds: the call a service makes all day. ' +
    'opossum has no retry; it stands beside the same four policies. ' +
    "mollitia's time window copies the last 1,000 calls at every call. " +
    'Calls follow each other without a pause, except in the quiet group: there 2,000 a second come, each in its own turn of the event loop, ' +
    'so that nothing can be shared between calls.',
  groups: [
    { id: 'five', title: 'fallback + retry + breaker + timeout + bulkhead', bare: 'bare' },
    { id: 'four', title: "opossum's four: fallback + breaker + timeout + bulkhead", bare: 'bare' },
    { id: 'signal', title: 'the five, and the operation reads its signal', bare: 'bare' },
    { id: 'quiet', title: 'the five in a quiet service', bare: 'bare-quiet' },
  ],
  arms: [
    ...bareArms('five'),
    {
      id: 'holdfast',
      label: 'holdfast',
      library: 'holdfast',
      group: 'five',
      policies: five,
      create(operation, knobs) {
        const policy = pipeline(
          'five',
          h.fallback(),
          h.retry(),
          h.breaker(),
          h.timeout(knobs),
          h.bulkhead(),
        );
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'five',
      policies: five,
      create(operation, knobs) {
        const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.timeout(knobs), c.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'mollitia',
      label: 'mollitia',
      library: 'mollitia',
      group: 'five',
      policies: five,
      fallbackRejects: true,
      create(operation, knobs) {
        const modules = [m.fallback(), m.retry(), m.breaker(), m.timeout(knobs), m.bulkhead()];
        const policy = new Circuit({ func: operation, options: { modules } });
        return async () => await policy.execute();
      },
    },
    {
      id: 'holdfast-four',
      label: 'holdfast',
      library: 'holdfast',
      group: 'four',
      policies: four,
      create(operation, knobs) {
        const policy = pipeline('four', h.fallback(), h.breaker(), h.timeout(knobs), h.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'opossum-four',
      label: 'opossum',
      library: 'opossum',
      group: 'four',
      policies: four,
      create(operation, knobs) {
        const policy = new CircuitBreaker(operation, {
          ...o.breaker,
          ...o.timeout(knobs),
          ...o.bulkhead,
        });
        policy.fallback(() => FALLBACK);
        return async () => await policy.fire();
      },
    },
    {
      id: 'holdfast-signal',
      label: 'holdfast',
      library: 'holdfast',
      group: 'signal',
      policies: five,
      operation: readsSignal,
      create(operation, knobs) {
        const policy = pipeline(
          'signal',
          h.fallback(),
          h.retry(),
          h.breaker(),
          h.timeout(knobs),
          h.bulkhead(),
        );
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-signal',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'signal',
      policies: five,
      operation: readsSignal,
      create(operation, knobs) {
        const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.timeout(knobs), c.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'bare-quiet',
      label: 'bare',
      library: 'bare',
      group: 'quiet',
      quiet: true,
      policies: [],
      create: (operation) => async () => await operation(),
    },
    {
      id: 'holdfast-quiet',
      label: 'holdfast',
      library: 'holdfast',
      group: 'quiet',
      quiet: true,
      policies: five,
      create(operation, knobs) {
        const policy = pipeline(
          'quiet',
          h.fallback(),
          h.retry(),
          h.breaker(),
          h.timeout(knobs),
          h.bulkhead(),
        );
        return async () => await policy.execute(operation);
      },
    },
    {
      id: 'cockatiel-quiet',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'quiet',
      quiet: true,
      policies: five,
      create(operation, knobs) {
        const policy = wrap(c.fallback(), c.retry(), c.breaker(), c.timeout(knobs), c.bulkhead());
        return async () => await policy.execute(operation);
      },
    },
  ],
};
