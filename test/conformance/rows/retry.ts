import type { RetryOptions } from 'holdfast';
import { retry } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { Row, SetUp } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

const once = { maxRetries: 1, initialDelay: 100, jitter: 'none' } as const;

const throwing =
  (what: string, option: (fault: () => never) => RetryOptions): SetUp =>
  (scene) => ({
    layers: [
      retry({
        ...once,
        ...option(() => {
          scene.note(what);
          throw FAULT;
        }),
      }),
    ],
  });

/** The first attempt fails, and the delay is longer than anything else. */
const inBackoff: SetUp = (scene: Scene) => {
  scene.play('rejects', 'resolves');
  return { layers: [retry({ maxRetries: 1, initialDelay: '10s', jitter: 'none' })] };
};

const fault = ends('the fault', ['attempt 1 failure', 'call failure']);
const twice = ends('boom', [
  'attempt 1 failure',
  'retry as 2 after failure',
  'attempt 2 failure',
  'retry stopped: exhausted, failure',
  'call failure',
]);

export const retryRow: Row = {
  name: 'retry',
  page: 'policies/retry.md',
  plain: () => ({ layers: [retry(once)] }),
  waits: { backoff: inBackoff },
  faults: {
    handle: throwing('handle', (handle) => ({ handle })),
    delayFrom: throwing('delayFrom', (delayFrom) => ({ delayFrom })),
    random: throwing('random', (random) => ({ random, jitter: 'full' })),
    backoff: (scene) => ({
      layers: [
        retry({
          maxRetries: 1,
          backoff: () => {
            scene.note('backoff');
            throw FAULT;
          },
        }),
      ],
    }),
  },
  cells: {
    returns: usual(),
    resolves: usual(),
    throws: twice,
    rejects: twice,
    'failed result': usual(),
    'judged result': ends('the failed result', [
      'attempt 1 failure',
      'retry as 2 after failure',
      'discard by retry',
      'attempt 2 failure',
      'retry stopped: exhausted, failure',
      'call failure',
    ]),
    forgiven: usual(),
    ignored: usual(),
    'timeout inside': ends('ERR_TIMEOUT', [
      'timeout by inside',
      'attempt 1 timeout',
      'retry as 2 after timeout',
      'timeout by inside',
      'attempt 2 timeout',
      'retry stopped: exhausted, timeout',
      'call timeout',
    ]),
    'timeout outside': usual(),
    'own timeout': usual(),
    'late result': usual(),
    'late rejection': usual(),
    'abort before': usual(),
    'abort during': usual(),
    'given up inside': usual(),
    'callers timeout': usual(),
    'past deadline': usual(),
    waits: cases({
      backoff: ends('the answer', [
        'attempt 1 failure',
        'retry as 2 after failure',
        'attempt 2 success',
        'call success',
      ]),
    }),
    'abort in a wait': cases({
      backoff: ends('the reason', [
        'attempt 1 failure',
        'retry as 2 after failure',
        'call cancelled',
      ]),
    }),
    'timeout in a wait': cases({
      // R5: it is not waited for at all.
      backoff: ends('boom', [
        'attempt 1 failure',
        'retry stopped: deadline, failure',
        'call failure',
      ]),
    }),
    'own timeout in a wait': cases({
      // R5: it is not waited for at all.
      backoff: ends('boom', [
        'attempt 1 failure',
        'retry stopped: deadline, failure',
        'call failure',
      ]),
    }),
    'waits in vain': cannot('A delay ends in another attempt.'),
    refuses: cannot('It refuses nothing.'),
    'would refuse': cannot('It refuses nothing.'),
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cases({
      handle: fault,
      delayFrom: fault,
      random: { ...twice, faults: 1 },
      backoff: fault,
    }),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    'listener aborts a wait': cases({
      backoff: ends('the reason', ['attempt 1 failure', 'call cancelled']),
    }),
    'discard throws': usual(),
  },
};
