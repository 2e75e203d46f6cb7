import type { AdaptiveLimiterOptions } from 'holdfast';
import { adaptiveLimiter } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cases, ends, usual } from '../table.js';

function one(options: AdaptiveLimiterOptions) {
  const policy = adaptiveLimiter({ minLimit: 1, maxLimit: 1, ...options });
  const subject: Subject = {
    layers: [policy],
    held: () => policy.snapshot().inFlight + policy.snapshot().kept,
    waiting: () => policy.snapshot().queued,
  };
  return { policy, subject };
}

/** Its slot is taken by another call. */
const taken =
  (options: AdaptiveLimiterOptions) =>
  (scene: Scene): Subject => {
    const { policy, subject } = one(options);
    scene.another(policy);
    return { ...subject, goOn: () => scene.others() };
  };

const queue = (maxWait: number | string) => ({ maxQueued: 1, maxWait }) as AdaptiveLimiterOptions;
const full = ['rejection by adaptive_limiter: limit_exceeded', 'call rejected'];
const queued = 'queued by adaptive_limiter';

/** Until the operation has settled. */
const holds = usual({ held: 1 });

export const adaptiveLimiterRow: Row = {
  name: 'adaptive limiter',
  page: 'policies/adaptive-limiter.md',
  plain: () => one({}).subject,
  waits: { queue: taken(queue('10s')) },
  vain: { maxWait: (scene) => ({ ...taken(queue(50))(scene), goOn: () => {} }) },
  refuses: taken({ maxQueued: 0 }),
  waives: taken({ maxQueued: 0, dryRun: true }),
  faults: {
    handle: (scene) => {
      const handle = (): never => {
        scene.note('handle');
        throw FAULT;
      };
      return one({ handle }).subject;
    },
    priority: (scene) => {
      const priority = (): never => {
        scene.note('priority');
        throw FAULT;
      };
      return taken({ ...queue('10s'), priority })(scene);
    },
  },
  cells: {
    returns: usual(),
    resolves: usual(),
    throws: usual(),
    rejects: usual(),
    'failed result': usual(),
    'judged result': usual(),
    forgiven: usual(),
    ignored: usual(),
    'timeout inside': holds,
    'timeout outside': holds,
    'own timeout': holds,
    'late result': holds,
    'late rejection': holds,
    'abort before': usual(),
    'abort during': holds,
    'given up inside': holds,
    'callers timeout': holds,
    'past deadline': usual(),
    waits: cases({ queue: ends('the answer', [queued, 'attempt 1 success', 'call success']) }),
    'abort in a wait': cases({ queue: ends('the reason', [queued, 'call cancelled']) }),
    'timeout in a wait': cases({
      // It waits for less than half of the time that its caller has left.
      queue: ends('ERR_LIMIT_EXCEEDED', [queued, ...full]),
    }),
    'own timeout in a wait': cases({
      // It waits for less than half of the time that its caller has left.
      queue: ends('ERR_LIMIT_EXCEEDED', [queued, ...full]),
    }),
    'waits in vain': cases({ maxWait: ends('ERR_LIMIT_EXCEEDED', [queued, ...full]) }),
    refuses: ends('ERR_LIMIT_EXCEEDED', full),
    'would refuse': ends('the answer', [
      'rejection by adaptive_limiter: limit_exceeded (dry run)',
      'attempt 1 success',
      'call success',
    ]),
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cases({
      handle: ends('the fault', ['attempt 1 failure', 'call failure']),
      priority: ends('the fault', ['call failure']),
    }),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': usual(),
    'listener aborts a wait': cases({
      queue: ends('the reason', ['queued by adaptive_limiter', 'call cancelled']),
    }),
    'discard throws': holds,
  },
};
