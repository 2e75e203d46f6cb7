import type { EjectionOptions } from 'holdfast';
import { ejection } from 'holdfast';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

function one(options: EjectionOptions): Subject {
  const policy = ejection(options);
  return {
    layers: [policy],
    counts: () => {
      const { calls, failures } = policy.snapshot();
      return `${calls} calls, ${failures} failed`;
    },
  };
}

const well = usual({ counts: '1 calls, 0 failed' });
const failed = usual({ counts: '1 calls, 1 failed' });
const uncounted = usual({ counts: '0 calls, 0 failed' });
const noRefusal = cannot('It refuses nothing: `pick` leaves a host out.');
const noWait = cannot('It never waits.');

export const ejectionRow: Row = {
  name: 'ejection',
  page: 'ejection.md',
  plain: () => one({}),
  faults: {
    handle: (scene) => {
      const handle = (): never => {
        scene.note('handle');
        throw FAULT;
      };
      return one({ handle });
    },
  },
  cells: {
    returns: well,
    resolves: well,
    throws: failed,
    rejects: failed,
    'failed result': well,
    'judged result': failed,
    forgiven: well,
    ignored: uncounted,
    'timeout inside': failed,
    'timeout outside': failed,
    'own timeout': failed,
    'late result': failed,
    'late rejection': failed,
    'abort before': uncounted,
    'abort during': uncounted,
    'given up inside': uncounted,
    'callers timeout': uncounted,
    'past deadline': uncounted,
    waits: noWait,
    'abort in a wait': noWait,
    'timeout in a wait': noWait,
    'own timeout in a wait': noWait,
    'waits in vain': noWait,
    refuses: noRefusal,
    'would refuse': noRefusal,
    'refusal inside': uncounted,
    draining: uncounted,
    'callback throws': cases({
      handle: ends('the fault', ['attempt 1 failure', 'call failure'], {
        counts: '0 calls, 0 failed',
      }),
    }),
    'isFailure throws': uncounted,
    'listener throws': failed,
    'listener aborts': failed,
    'listener aborts a wait': noWait,
    'discard throws': failed,
  },
};
