import type { HedgeOptions } from 'holdfast';
import { hedge } from 'holdfast';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

const one = (options: HedgeOptions = {}): Subject => ({
  layers: [hedge({ delay: 100, maxExtraLoad: 1, ...options })],
});
/** Both attempts hang, the second one beside the first. */
const both = (gives: string, outcome: string, ...by: string[]) =>
  ends(gives, [
    'hedge by hedge',
    ...by,
    `attempt 2 ${outcome} (hedge)`,
    `attempt 1 ${outcome}`,
    `call ${outcome}`,
  ]);
const outside = both('ERR_TIMEOUT', 'timeout', 'timeout by outside');

const noWait = cannot('Nothing waits in it.');
const noRefusal = cannot('It refuses nothing.');

export const hedgeRow: Row = {
  name: 'hedge',
  page: 'policies/hedge.md',
  plain: () => one(),
  faults: {
    handle: (scene) => {
      const handle = (): never => {
        scene.note('handle');
        throw FAULT;
      };
      // It is asked about the hedge, while the first attempt is under way.
      scene.play('hangs', 'rejects');
      return one({ handle });
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
    'timeout inside': ends('ERR_TIMEOUT', [
      'hedge by hedge',
      'timeout by inside',
      'attempt 1 timeout',
      'timeout by inside',
      'attempt 2 timeout (hedge)',
      'call timeout',
    ]),
    'timeout outside': outside,
    'own timeout': both('ERR_TIMEOUT', 'timeout', 'timeout by call_timeout'),
    'late result': outside,
    'late rejection': outside,
    'abort before': usual(),
    'abort during': both('the reason', 'cancelled'),
    'given up inside': usual(),
    'callers timeout': both('the reason', 'timeout'),
    'past deadline': usual(),
    waits: noWait,
    'abort in a wait': noWait,
    'timeout in a wait': noWait,
    'own timeout in a wait': noWait,
    'waits in vain': noWait,
    refuses: noRefusal,
    'would refuse': noRefusal,
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cases({
      handle: ends('the fault', [
        'hedge by hedge',
        'attempt 2 failure (hedge)',
        'attempt 1 cancelled',
        'call failure',
      ]),
    }),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    'listener aborts a wait': noWait,
    'discard throws': { ...outside, faults: 1 },
  },
};
