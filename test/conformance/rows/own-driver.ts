import type { Drive, Driver, Outcome } from 'holdfast';
import { success } from 'holdfast';
import type { Scene } from '../scene.js';
import { ANSWER, FAULT } from '../scene.js';
import type { Row, SetUp, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

/** A driver that runs everything itself. */
const one =
  (drive: (drive: Drive) => Outcome | Promise<Outcome>) =>
  (scene: Scene): Subject => {
    const driver: Driver = {
      role: 'driver',
      type: 'own',
      drive: (hold) => {
        scene.note('drive');
        return drive(hold);
      },
    };
    return { layers: [driver] };
  };

/** A driver that runs everything once more after a while. */
const sleeping: SetUp = (scene) => {
  scene.play('rejects', 'resolves');
  const driver: Driver = {
    role: 'driver',
    type: 'own',
    accepts: (_, outcome) => {
      scene.note('accepts');
      return outcome.kind === 'success';
    },
    drive: async (drive, first) => {
      scene.note('drive');
      if (!(await drive.sleep(5_000))) return first as Outcome;
      scene.note('drive, after its sleep');
      return drive.next();
    },
  };
  return { layers: [driver] };
};

const fails = ends('the fault', ['attempt 1 failure', 'call failure']);
const refusesNothing = cannot('A driver refuses nothing; it may answer with an error.');

export const ownDriver: Row = {
  name: 'a driver of your own',
  page: 'policies/own.md',
  plain: one((drive) => drive.next()),
  waits: { sleep: sleeping },
  faults: {
    'drive, at once': one(() => {
      throw FAULT;
    }),
    'drive, later': one(async (drive) => {
      await drive.next();
      throw FAULT;
    }),
    accepts: (scene) => ({
      layers: [
        {
          role: 'driver',
          type: 'own',
          accepts: () => {
            scene.note('accepts');
            throw FAULT;
          },
          drive: () => success(ANSWER),
        },
      ],
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
    waits: cases({
      sleep: ends('the answer', ['attempt 1 failure', 'attempt 2 success', 'call success']),
    }),
    'abort in a wait': cases({
      sleep: ends('the reason', ['attempt 1 failure', 'call cancelled']),
    }),
    'timeout in a wait': cases({
      sleep: ends('ERR_TIMEOUT', ['attempt 1 failure', 'timeout by outside', 'call timeout']),
    }),
    'own timeout in a wait': cases({
      sleep: ends('ERR_TIMEOUT', ['attempt 1 failure', 'timeout by call_timeout', 'call timeout']),
    }),
    'waits in vain': cannot('What a driver does after its wait, it decides itself.'),
    refuses: refusesNothing,
    'would refuse': refusesNothing,
    'refusal inside': usual(),
    draining: usual(),
    'callback throws': cases({
      'drive, at once': ends('the fault', ['call failure']),
      'drive, later': fails,
      accepts: fails,
    }),
    'isFailure throws': usual(),
    'listener throws': usual(),
    'listener aborts': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    'listener aborts a wait': cases({
      sleep: ends('the reason', ['attempt 1 failure', 'call cancelled']),
    }),
    'discard throws': usual(),
  },
};
