import type { BulkheadPolicy, CircuitBreakerPolicy, StandardOptions } from 'holdfast';
import { standard } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cases, ends, usual } from '../table.js';

/** All of its policies, and one retry after a fixed time. */
function one(options: StandardOptions = {}) {
  const policies = standard({
    rateLimiter: { limit: 1_000 },
    totalTimeout: '5m',
    retry: { maxRetries: 1, initialDelay: 100, jitter: 'none' },
    bulkhead: { maxConcurrent: 2 },
    ...options,
  });
  const of = <P>(type: string): P => policies.find((policy) => policy.type === type) as P;
  const breaker = of<CircuitBreakerPolicy>('circuit_breaker');
  const bulkhead = of<BulkheadPolicy>('bulkhead');
  const subject: Subject = {
    layers: policies,
    held: () => bulkhead.snapshot().inFlight,
    waiting: () => bulkhead.snapshot().queued,
    counts: () => {
      const { calls, failures } = breaker.snapshot().window;
      return `${calls} counted, ${failures} failed`;
    },
  };
  return { subject, breaker, bulkhead };
}

/** The slot of its bulkhead is taken by another call. */
const taken =
  (maxQueued: number, more: StandardOptions = {}) =>
  (scene: Scene): Subject => {
    const { subject, bulkhead } = one({
      bulkhead: { maxConcurrent: 1, maxQueued, ...(maxQueued > 0 ? { maxWait: '30s' } : {}) },
      ...more,
    });
    scene.another(bulkhead);
    return { ...subject, goOn: () => scene.others() };
  };

const inBackoff = (scene: Scene): Subject => {
  scene.play('rejects', 'resolves');
  return one({ retry: { maxRetries: 1, initialDelay: '2s', jitter: 'none' } }).subject;
};

const good = { counts: '1 counted, 0 failed' };
const bad = { counts: '1 counted, 1 failed' };
const worse = { counts: '2 counted, 2 failed' };
const nothing = { counts: '0 counted, 0 failed' };
const both = { counts: '2 counted, 1 failed' };

const twice = ends(
  'boom',
  [
    'attempt 1 failure',
    'retry as 2 after failure',
    'attempt 2 failure',
    'retry stopped: exhausted, failure',
    'call failure',
  ],
  worse,
);
const held = usual({ held: 1, ...bad });

export const standardRow: Row = {
  name: '`standard()`',
  page: 'policies/standard.md',
  plain: () => one().subject,
  waits: { backoff: inBackoff, 'queue of the bulkhead': taken(1) },
  vain: {
    'queue of the bulkhead': (scene) => ({
      ...taken(1, { bulkhead: { maxConcurrent: 1, maxQueued: 1, maxWait: 50 } })(scene),
      goOn: () => {},
    }),
  },
  refuses: (scene) => {
    const { subject, breaker } = one();
    scene.bind(breaker);
    breaker.trip();
    return subject;
  },
  waives: taken(0, { bulkhead: { maxConcurrent: 1, dryRun: true } }),
  faults: {
    isFailure: (scene) =>
      one({
        isFailure: () => {
          scene.note('isFailure');
          throw FAULT;
        },
      }).subject,
  },
  cells: {
    returns: usual(good),
    resolves: usual(good),
    throws: twice,
    rejects: twice,
    'failed result': usual(good),
    'judged result': ends(
      'the failed result',
      [
        'attempt 1 failure',
        'retry as 2 after failure',
        'discard by retry',
        'attempt 2 failure',
        'retry stopped: exhausted, failure',
        'call failure',
      ],
      worse,
    ),
    forgiven: usual(good),
    ignored: usual(nothing),
    'timeout inside': ends(
      'ERR_TIMEOUT',
      [
        'timeout by inside',
        'attempt 1 timeout',
        'retry as 2 after timeout',
        'timeout by inside',
        'attempt 2 timeout',
        'retry stopped: exhausted, timeout',
        'call timeout',
      ],
      { held: 2, ...worse },
    ),
    'timeout outside': held,
    'own timeout': held,
    'late result': held,
    'late rejection': held,
    'abort before': usual(nothing),
    'abort during': usual({ held: 1, ...nothing }),
    'given up inside': usual({ held: 1, ...nothing }),
    'callers timeout': usual({ held: 1, ...nothing }),
    'past deadline': usual(nothing),
    waits: cases({
      backoff: ends(
        'the answer',
        ['attempt 1 failure', 'retry as 2 after failure', 'attempt 2 success', 'call success'],
        both,
      ),
      'queue of the bulkhead': ends(
        'the answer',
        ['queued by bulkhead', 'attempt 1 success', 'call success'],
        good,
      ),
    }),
    'abort in a wait': cases({
      backoff: ends(
        'the reason',
        ['attempt 1 failure', 'retry as 2 after failure', 'call cancelled'],
        bad,
      ),
      'queue of the bulkhead': ends(
        'the reason',
        ['queued by bulkhead', 'call cancelled'],
        nothing,
      ),
    }),
    'timeout in a wait': cases({
      backoff: ends(
        'boom',
        ['attempt 1 failure', 'retry stopped: deadline, failure', 'call failure'],
        bad,
      ),
      'queue of the bulkhead': ends(
        'ERR_TIMEOUT',
        ['queued by bulkhead', 'timeout by outside', 'call timeout'],
        nothing,
      ),
    }),
    'own timeout in a wait': cases({
      backoff: ends(
        'boom',
        ['attempt 1 failure', 'retry stopped: deadline, failure', 'call failure'],
        bad,
      ),
      'queue of the bulkhead': ends(
        'ERR_TIMEOUT',
        ['queued by bulkhead', 'timeout by call_timeout', 'call timeout'],
        nothing,
      ),
    }),
    'waits in vain': cases({
      'queue of the bulkhead': ends(
        'ERR_BULKHEAD_FULL',
        ['queued by bulkhead', 'rejection by bulkhead: bulkhead_full', 'call rejected'],
        nothing,
      ),
    }),
    refuses: ends(
      'ERR_CIRCUIT_OPEN',
      ['rejection by circuit_breaker: circuit_open', 'call rejected'],
      nothing,
    ),
    'would refuse': ends(
      'the answer',
      ['rejection by bulkhead: bulkhead_full (dry run)', 'attempt 1 success', 'call success'],
      good,
    ),
    'refusal inside': usual(nothing),
    draining: usual(nothing),
    'callback throws': cases({
      isFailure: ends('the fault', ['attempt 1 failure', 'call failure'], nothing),
    }),
    'isFailure throws': usual(nothing),
    'listener throws': usual(),
    'listener aborts': ends('the reason', ['attempt 1 failure', 'call cancelled'], bad),
    'listener aborts a wait': cases({
      backoff: ends('the reason', ['attempt 1 failure', 'call cancelled'], bad),
      'queue of the bulkhead': ends(
        'the reason',
        ['queued by bulkhead', 'call cancelled'],
        nothing,
      ),
    }),
    'discard throws': held,
  },
};
