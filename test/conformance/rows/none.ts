import type { Row } from '../table.js';
import { cannot, usual } from '../table.js';

const nothing = cannot('There is nothing that could do so.');

/** The pipeline alone. */
export const none: Row = {
  name: 'no policy',
  page: 'pipeline.md',
  plain: () => ({ layers: [] }),
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
    waits: nothing,
    'abort in a wait': nothing,
    'timeout in a wait': nothing,
    'own timeout in a wait': nothing,
    'waits in vain': nothing,
    refuses: nothing,
    'would refuse': nothing,
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cannot(
      'Without a policy there is none but listeners and the `discard` hook.',
    ),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': usual(),
    'listener aborts a wait': nothing,
    'discard throws': usual(),
  },
};
