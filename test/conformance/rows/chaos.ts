import type { ChaosOptions } from 'holdfast';
import { chaos } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { Row, SetUp, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

function one(options: ChaosOptions, on: boolean): Subject {
  const policy = chaos(options);
  if (on) policy.start();
  return {
    layers: [policy],
    counts: () => {
      const { injections } = policy.snapshot();
      return `${Object.values(injections).reduce((sum, times) => sum + times)} injected`;
    },
  };
}

const latency = { rate: 1, delay: 10 };

const throwing =
  (what: string, option: (fault: () => never) => ChaosOptions): SetUp =>
  (scene: Scene) => {
    const fault = (): never => {
      scene.note(what);
      throw FAULT;
    };
    return one(option(fault), true);
  };

const noWait = cannot('An injected latency is part of an attempt, and no wait before it.');
const noRefusal = cannot('It refuses nothing.');
const noneInside = cannot(
  'It is the innermost policy: a pipeline with another one inside is not made.',
);

const off = usual({ counts: '0 injected' });
const injected = (gives: string, ...events: string[]) =>
  ends(gives, ['chaos by chaos', ...events], { counts: '1 injected' });

const failed = injected('boom', 'attempt 1 failure', 'call failure');
const timedOut = (by: string) =>
  injected('ERR_TIMEOUT', `timeout by ${by}`, 'attempt 1 timeout', 'call timeout');
const gaveUp = injected('the reason', 'attempt 1 cancelled', 'call cancelled');
const uncounted = ends('the fault', ['attempt 1 failure', 'call failure'], {
  counts: '0 injected',
  uncalled: 1,
});

export const chaosOff: Row = {
  name: 'chaos that is off',
  page: 'policies/chaos.md',
  innermost: true,
  plain: () => one({ latency }, false),
  cells: {
    returns: off,
    resolves: off,
    throws: off,
    rejects: off,
    'failed result': off,
    'judged result': off,
    forgiven: off,
    ignored: off,
    'timeout inside': noneInside,
    'timeout outside': off,
    'own timeout': off,
    'late result': off,
    'late rejection': off,
    'abort before': off,
    'abort during': off,
    'given up inside': noneInside,
    'callers timeout': off,
    'past deadline': off,
    waits: noWait,
    'abort in a wait': noWait,
    'timeout in a wait': noWait,
    'own timeout in a wait': noWait,
    'waits in vain': noWait,
    refuses: noRefusal,
    'would refuse': noRefusal,
    'refusal inside': noneInside,
    draining: off,
    'callback throws': cannot('It calls none while it is off.'),
    'isFailure throws': off,
    'listener throws': off,
    'listener aborts': off,
    'listener aborts a wait': noWait,
    'discard throws': off,
  },
};

export const chaosOn: Row = {
  name: 'chaos that is on',
  page: 'policies/chaos.md',
  innermost: true,
  plain: () => one({ latency }, true),
  faults: {
    when: throwing('when', (when) => ({ latency, when })),
    run: throwing('run', (run) => ({ behavior: { rate: 1, run } })),
    delay: throwing('delay', (delay) => ({ latency: { rate: 1, delay } })),
    error: throwing('error', (error) => ({ faults: { rate: 1, error } })),
    value: throwing('value', (value) => ({ results: { rate: 1, value } })),
  },
  cells: {
    returns: injected('the answer', 'attempt 1 success', 'call success'),
    resolves: injected('the answer', 'attempt 1 success', 'call success'),
    throws: failed,
    rejects: failed,
    'failed result': injected('the failed result', 'attempt 1 failure', 'call failure'),
    'judged result': injected('the failed result', 'attempt 1 failure', 'call failure'),
    forgiven: injected('boom', 'attempt 1 success', 'call success'),
    ignored: injected('boom', 'attempt 1 ignored', 'call ignored'),
    'timeout inside': noneInside,
    'timeout outside': timedOut('outside'),
    'own timeout': timedOut('call_timeout'),
    'late result': timedOut('outside'),
    'late rejection': timedOut('outside'),
    'abort before': off,
    'abort during': gaveUp,
    'given up inside': noneInside,
    'callers timeout': injected('the reason', 'attempt 1 timeout', 'call timeout'),
    'past deadline': off,
    waits: noWait,
    'abort in a wait': noWait,
    'timeout in a wait': noWait,
    'own timeout in a wait': noWait,
    'waits in vain': noWait,
    refuses: noRefusal,
    'would refuse': noRefusal,
    'refusal inside': noneInside,
    draining: off,
    'callback throws': cases({
      when: uncounted,
      run: { ...injected('the fault', 'attempt 1 failure', 'call failure'), uncalled: 1 },
      delay: uncounted,
      error: uncounted,
      value: uncounted,
    }),
    'isFailure throws': injected('the fault', 'attempt 1 failure', 'call failure'),
    'listener throws': failed,
    'listener aborts': { ...gaveUp, uncalled: 1 },
    'listener aborts a wait': noWait,
    'discard throws': timedOut('outside'),
  },
};
