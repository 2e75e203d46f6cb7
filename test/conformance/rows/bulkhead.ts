import type { BulkheadOptions } from 'holdfast';
import { bulkhead } from 'holdfast';
import type { Scene } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

function one(options: BulkheadOptions): Subject & { readonly policy: ReturnType<typeof bulkhead> } {
  const policy = bulkhead({ maxConcurrent: 1, ...options });
  return {
    policy,
    layers: [policy],
    held: () => policy.snapshot().inFlight,
    waiting: () => policy.snapshot().queued,
  };
}

/** Its slot is taken by another call. */
const taken =
  (options: BulkheadOptions) =>
  (scene: Scene): Subject => {
    const subject = one(options);
    scene.another(subject.policy);
    return { ...subject, goOn: () => scene.others() };
  };

const queued = ['queued by bulkhead', 'attempt 1 success', 'call success'];
const full = ['rejection by bulkhead: bulkhead_full', 'call rejected'];

/** Q3: until the operation has settled. */
const holds = usual({ held: 1 });

export const bulkheadRow: Row = {
  name: 'bulkhead',
  page: 'policies/bulkhead.md',
  plain: () => one({}),
  waits: { queue: taken({ maxQueued: 1, maxWait: '10s' }) },
  vain: {
    maxWait: (scene) => ({ ...taken({ maxQueued: 1, maxWait: 50 })(scene), goOn: () => {} }),
  },
  refuses: taken({}),
  waives: taken({ dryRun: true }),
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
    waits: cases({ queue: ends('the answer', queued) }),
    'abort in a wait': cases({
      queue: ends('the reason', ['queued by bulkhead', 'call cancelled']),
    }),
    'timeout in a wait': cases({
      queue: ends('ERR_TIMEOUT', ['queued by bulkhead', 'timeout by outside', 'call timeout']),
    }),
    'own timeout in a wait': cases({
      queue: ends('ERR_TIMEOUT', ['queued by bulkhead', 'timeout by call_timeout', 'call timeout']),
    }),
    'waits in vain': cases({
      maxWait: ends('ERR_BULKHEAD_FULL', ['queued by bulkhead', ...full]),
    }),
    refuses: ends('ERR_BULKHEAD_FULL', full),
    'would refuse': ends('the answer', [
      'rejection by bulkhead: bulkhead_full (dry run)',
      'attempt 1 success',
      'call success',
    ]),
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cannot('It has no callbacks.'),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': usual(),
    'listener aborts a wait': cases({
      queue: ends('the reason', ['queued by bulkhead', 'call cancelled']),
    }),
    'discard throws': holds,
  },
};

/** Its slots do not wait for operations. */
export const releasingBulkhead: Row = {
  ...bulkheadRow,
  name: 'bulkhead with `releaseOnAbandon`',
  plain: () => one({ releaseOnAbandon: true }),
  cells: {
    ...bulkheadRow.cells,
    'timeout inside': usual(),
    'timeout outside': usual(),
    'own timeout': usual(),
    'late result': usual(),
    'late rejection': usual(),
    'abort during': usual(),
    'callers timeout': usual(),
    'given up inside': usual(),
    'discard throws': usual(),
  },
};
