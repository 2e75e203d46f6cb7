import { timeout } from 'holdfast';
import type { Row } from '../table.js';
import { cannot, ends, usual } from '../table.js';

const noWait = cannot('It lets every call in at once.');

export const timeoutRow: Row = {
  name: 'timeout',
  page: 'policies/timeout.md',
  plain: () => ({ layers: [timeout('1m')] }),
  cells: {
    returns: usual(),
    resolves: usual(),
    throws: usual(),
    rejects: usual(),
    'failed result': usual(),
    'judged result': usual(),
    forgiven: usual(),
    ignored: usual(),
    'timeout inside': usual(),
    'timeout outside': usual(),
    'own timeout': usual(),
    'late result': usual(),
    'late rejection': usual(),
    'abort before': usual(),
    'abort during': usual(),
    'given up inside': usual(),
    'callers timeout': usual(),
    'past deadline': usual(),
    waits: noWait,
    'abort in a wait': noWait,
    'timeout in a wait': noWait,
    'own timeout in a wait': noWait,
    'waits in vain': noWait,
    refuses: cannot('It refuses nothing.'),
    'would refuse': cannot('It refuses nothing.'),
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cannot('It has no callbacks.'),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': usual(),
    'listener aborts a wait': noWait,
    'discard throws': usual(),
  },
};

/** Its own time is over in every ending in which the operation hangs. */
export const shortTimeout: Row = {
  ...timeoutRow,
  name: 'timeout that is nearest',
  plain: () => ({ layers: [timeout({ duration: 500, name: 'nearest' })] }),
  cells: {
    ...timeoutRow.cells,
    'timeout inside': itself(),
    'timeout outside': itself(),
    'own timeout': itself(),
    'late result': itself(),
    'late rejection': itself(),
  },
};

function itself() {
  return ends('ERR_TIMEOUT', ['timeout by nearest', 'attempt 1 timeout', 'call timeout']);
}
