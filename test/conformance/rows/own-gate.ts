import type { Admission, Gate } from 'holdfast';
import { RejectedError } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

interface Ways {
  readonly enter?: () => Admission | Promise<Admission>;
  readonly exit?: () => void;
  readonly holds?: boolean;
}

const REFUSAL = () => new RejectedError('full', { code: 'ERR_FULL', reason: 'full' });

/** A gate that counts whom it has let in and seen out again. */
const one =
  (ways: Ways) =>
  (scene: Scene): Subject => {
    let inside = 0;
    let waiting = 0;
    const admitted = (admission: Admission): Admission => {
      if (admission === undefined) inside++;
      return admission;
    };
    const gate: Gate = {
      role: 'gate',
      type: 'own',
      holds: ways.holds ?? false,
      enter() {
        scene.note('enter');
        const admission = ways.enter?.();
        if (!(admission instanceof Promise)) return admitted(admission);
        waiting++;
        return admission.then(admitted).finally(() => {
          waiting = 0;
        });
      },
      exit() {
        inside--;
        scene.note('exit');
        ways.exit?.();
      },
      leave() {
        waiting--;
        scene.note('leave');
      },
    };
    return { layers: [gate], held: () => inside, waiting: () => waiting };
  };

/** Whoever comes waits, and in the end is told this. */
const waiting =
  (answer: () => Admission) =>
  (scene: Scene): Subject => {
    let goOn = (): void => {};
    const enter = () =>
      new Promise<Admission>((resolve) => {
        goOn = () => resolve(answer());
      });
    const subject = one({ enter })(scene);
    // The answer comes in any case: to a call that has gone, too.
    scene.atTheEnd(() => goOn());
    return { ...subject, goOn: () => scene.as('another call', () => goOn()) };
  };

const full = ['rejection by own: full', 'call rejected'];

export const ownGate: Row = {
  name: 'a gate of your own',
  page: 'policies/own.md',
  plain: one({}),
  waits: { enter: waiting(() => undefined) },
  vain: { enter: waiting(REFUSAL) },
  refuses: one({ enter: REFUSAL }),
  faults: {
    enter: one({
      enter: () => {
        throw FAULT;
      },
    }),
    'enter that rejects': one({ enter: () => Promise.reject(FAULT) }),
    exit: one({
      exit: () => {
        throw FAULT;
      },
    }),
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
    waits: cases({ enter: ends('the answer', ['attempt 1 success', 'call success']) }),
    'abort in a wait': cases({ enter: ends('the reason', ['call cancelled']) }),
    'timeout in a wait': cases({
      enter: ends('ERR_TIMEOUT', ['timeout by outside', 'call timeout']),
    }),
    'own timeout in a wait': cases({
      enter: ends('ERR_TIMEOUT', ['timeout by call_timeout', 'call timeout']),
    }),
    'waits in vain': cases({ enter: ends('ERR_FULL', full) }),
    refuses: ends('ERR_FULL', full),
    'would refuse': cannot('What a dry run is, it says itself, with `call.wouldReject`.'),
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cases({
      enter: ends('the fault', ['call failure']),
      'enter that rejects': ends('the fault', ['call failure']),
      exit: ends('the fault', ['attempt 1 failure', 'call failure']),
    }),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': usual(),
    'listener aborts a wait': cases({
      // Its wait is no event.
      enter: ends('the answer', ['attempt 1 success', 'call success']),
    }),
    'discard throws': usual(),
  },
};

const holds = usual({ held: 1 });

/** With `holds`, its exit waits for the operation. */
export const holdingGate: Row = {
  ...ownGate,
  name: 'a gate that `holds`',
  plain: one({ holds: true }),
  cells: {
    ...ownGate.cells,
    'timeout inside': holds,
    'timeout outside': holds,
    'own timeout': holds,
    'late result': holds,
    'late rejection': holds,
    'abort during': holds,
    'given up inside': holds,
    'callers timeout': holds,
    'past deadline': usual(),
    'discard throws': holds,
  },
};
