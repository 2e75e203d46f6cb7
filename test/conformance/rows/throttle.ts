import type { ThrottleOptions } from 'holdfast';
import { throttle } from 'holdfast';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

function one(options: ThrottleOptions) {
  const policy = throttle({ minimumCalls: 1, random: () => 0, ...options });
  const subject: Subject = {
    layers: [policy],
    held: () => policy.snapshot().inFlight,
    counts: () => {
      const { requests, accepts } = policy.snapshot();
      return `${requests} asked, ${accepts} accepted`;
    },
  };
  return { policy, subject };
}

/** Everything has failed of late. */
const afterFailures =
  (options: ThrottleOptions): Row['plain'] =>
  async (scene) => {
    const { policy, subject } = one(options);
    await scene.fails(3, policy);
    return subject;
  };

const accepted = usual({ counts: '1 asked, 1 accepted' });
const failed = usual({ counts: '1 asked, 0 accepted' });
const uncounted = usual({ counts: '0 asked, 0 accepted' });
const noWait = cannot('It lets in or refuses at once.');

export const throttleRow: Row = {
  name: 'throttle',
  page: 'policies/throttle.md',
  plain: () => one({}).subject,
  refuses: afterFailures({}),
  waives: afterFailures({ dryRun: true }),
  faults: {
    handle: (scene) => {
      const handle = (): never => {
        scene.note('handle');
        throw FAULT;
      };
      return one({ handle }).subject;
    },
    random: async (scene) => {
      const { policy, subject } = one({
        maxProbability: 1e-12,
        random: () => {
          scene.note('random');
          throw FAULT;
        },
      });
      await scene.fails(1, policy);
      return subject;
    },
  },
  cells: {
    returns: accepted,
    resolves: accepted,
    throws: failed,
    rejects: failed,
    'failed result': accepted,
    'judged result': failed,
    forgiven: accepted,
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
    refuses: ends('ERR_THROTTLED', ['rejection by throttle: throttled', 'call rejected'], {
      counts: '4 asked, 0 accepted',
    }),
    'would refuse': ends(
      'the answer',
      ['rejection by throttle: throttled (dry run)', 'attempt 1 success', 'call success'],
      { counts: '4 asked, 0 accepted' },
    ),
    'refusal inside': uncounted,
    draining: uncounted,
    'callback throws': cases({
      handle: ends('the fault', ['attempt 1 failure', 'call failure'], {
        counts: '0 asked, 0 accepted',
      }),
      // Chance that is none is told to `diag`, and `Math.random` asked in its place.
      random: usual({ counts: '2 asked, 0 accepted', faults: 1 }),
    }),
    'isFailure throws': uncounted,
    'listener throws': failed,
    'listener aborts': failed,
    'listener aborts a wait': noWait,
    'discard throws': failed,
  },
};
