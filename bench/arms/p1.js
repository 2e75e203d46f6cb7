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
import { bareArm } from './bare.js';

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

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P1',
  kind: 'time',
  show: 'net',
  title: 'Five policies, a call that succeeds',
  about:
    'Fallback, retry, circuit breaker, timeout and bulkhead around an operation that succeeds: the call a service makes all day. ' +
    'opossum has no retry; it stands beside the same four policies. ' +
    "mollitia's time window copies the last 1,000 calls at every call. " +
    'Calls follow each other without a pause.',
  groups: [
    { id: 'five', title: 'fallback + retry + breaker + timeout + bulkhead', bare: 'bare' },
    {
      id: 'four',
      title: "opossum's four: fallback + breaker + timeout + bulkhead",
      bare: 'bare-four',
    },
    { id: 'signal', title: 'the five, and the operation reads its signal', bare: 'bare-signal' },
  ],
  arms: [
    bareArm('five'),
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
    bareArm('four', { id: 'bare-four' }),
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
    bareArm('signal', { id: 'bare-signal', operation: readsSignal }),
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
  ],
};
