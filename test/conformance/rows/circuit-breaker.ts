import type { CircuitBreakerOptions } from 'holdfast';
import { circuitBreaker } from 'holdfast';
import type { Scene } from '../scene.js';
import { FAULT } from '../scene.js';
import type { EndingName, Expected, Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

const spread = { random: () => 0.5 };

function one(options: CircuitBreakerOptions) {
  const policy = circuitBreaker({ ...spread, ...options });
  const subject: Subject = {
    layers: [policy],
    counts: () => {
      const { calls, failures } = policy.snapshot().window;
      return `${calls} counted, ${failures} failed`;
    },
  };
  return { policy, subject };
}

const tripped =
  (options: CircuitBreakerOptions): Row['plain'] =>
  (scene) => {
    const { policy, subject } = one(options);
    scene.bind(policy);
    policy.trip();
    return { layers: subject.layers };
  };

const good = usual({ counts: '1 counted, 0 failed' });
const bad = usual({ counts: '1 counted, 1 failed' });
const uncounted = usual({ counts: '0 counted, 0 failed' });
const noWait = cannot('It lets in or refuses at once.');

export const closedBreaker: Row = {
  name: 'circuit breaker, closed',
  page: 'policies/circuit-breaker.md',
  plain: () => one({}).subject,
  refuses: tripped({}),
  waives: tripped({ dryRun: true }),
  faults: {
    handle: (scene) => {
      const handle = (): never => {
        scene.note('handle');
        throw FAULT;
      };
      return one({ handle }).subject;
    },
  },
  cells: {
    returns: good,
    resolves: good,
    throws: bad,
    rejects: bad,
    'failed result': good,
    'judged result': bad,
    forgiven: good,
    ignored: uncounted,
    'timeout inside': bad,
    'timeout outside': bad,
    'own timeout': bad,
    'late result': bad,
    'late rejection': bad,
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
    refuses: ends('ERR_CIRCUIT_OPEN', [
      'rejection by circuit_breaker: circuit_open',
      'call rejected',
    ]),
    'would refuse': ends('the answer', [
      'rejection by circuit_breaker: circuit_open (dry run)',
      'attempt 1 success',
      'call success',
    ]),
    'refusal inside': uncounted,
    draining: uncounted,
    'callback throws': cases({
      handle: ends('the fault', ['attempt 1 failure', 'call failure'], {
        counts: '0 counted, 0 failed',
      }),
    }),
    'isFailure throws': uncounted,
    'listener throws': bad,
    'listener aborts': bad,
    'listener aborts a wait': noWait,
    'discard throws': bad,
  },
};

/** It was open, and its time is over: the call is its only probe. What is counted is the state that it is in then. */
const halfOpen =
  (options: CircuitBreakerOptions = {}) =>
  async (scene: Scene): Promise<Subject> => {
    const { policy } = one({ probes: 1, openFor: 100, probeTimeout: '1h', ...options });
    scene.bind(policy);
    policy.trip();
    await scene.pass(150);
    return {
      layers: [policy],
      counts: async () => {
        const { state } = policy;
        if (state !== 'half_open') return state;
        return (await scene.admits(policy)) ? 'half_open, place free' : 'half_open, place taken';
      },
    };
  };

const toHalfOpen = 'transition to half_open: open_elapsed';
const free = { counts: 'half_open, place free' };

const closes = (...attempt: string[]): Expected =>
  ends(
    'the answer',
    [toHalfOpen, ...attempt, 'transition to closed: probes_succeeded', 'call success'],
    { counts: 'closed' },
  );
const opens = (gives: string, before: readonly string[], outcome: string): Expected =>
  ends(gives, [toHalfOpen, ...before, 'transition to open: probe_failed', `call ${outcome}`], {
    counts: 'open',
  });

const expired = opens('ERR_TIMEOUT', ['timeout by outside', 'attempt 1 timeout'], 'timeout');
const failedProbe = opens('boom', ['attempt 1 failure'], 'failure');

const asClosed = (ending: EndingName) => closedBreaker.cells[ending];

export const halfOpenBreaker: Row = {
  name: 'circuit breaker, half-open',
  page: 'policies/circuit-breaker.md',
  plain: halfOpen(),
  prepared: true,
  refuses: async (scene) => {
    const subject = await halfOpen()(scene);
    scene.another(...subject.layers);
    return subject;
  },
  waives: async (scene) => {
    const subject = await halfOpen({ dryRun: true })(scene);
    scene.another(...subject.layers);
    return subject;
  },
  faults: {
    handle: (scene) =>
      halfOpen({
        handle: () => {
          scene.note('handle');
          throw FAULT;
        },
      })(scene),
  },
  cells: {
    returns: closes('attempt 1 success'),
    resolves: closes('attempt 1 success'),
    throws: failedProbe,
    rejects: failedProbe,
    'failed result': ends(
      'the failed result',
      [toHalfOpen, 'attempt 1 failure', 'transition to closed: probes_succeeded', 'call failure'],
      { counts: 'closed' },
    ),
    'judged result': opens('the failed result', ['attempt 1 failure'], 'failure'),
    forgiven: ends(
      'boom',
      [toHalfOpen, 'attempt 1 success', 'transition to closed: probes_succeeded', 'call success'],
      { counts: 'closed' },
    ),
    ignored: ends('boom', [toHalfOpen, 'attempt 1 ignored', 'call ignored'], free),
    'timeout inside': opens('ERR_TIMEOUT', ['timeout by inside', 'attempt 1 timeout'], 'timeout'),
    'timeout outside': expired,
    'own timeout': opens(
      'ERR_TIMEOUT',
      ['timeout by call_timeout', 'attempt 1 timeout'],
      'timeout',
    ),
    'late result': expired,
    'late rejection': expired,
    'abort before': ends('the reason', ['call cancelled'], free),
    'abort during': ends('the reason', [toHalfOpen, 'attempt 1 cancelled', 'call cancelled'], free),
    'given up inside': ends(
      'the reason',
      [toHalfOpen, 'attempt 1 cancelled', 'call cancelled'],
      free,
    ),
    'callers timeout': ends('the reason', [toHalfOpen, 'attempt 1 timeout', 'call timeout'], free),
    'past deadline': usual(free),
    waits: asClosed('waits'),
    'abort in a wait': asClosed('abort in a wait'),
    'timeout in a wait': asClosed('timeout in a wait'),
    'own timeout in a wait': asClosed('own timeout in a wait'),
    'waits in vain': asClosed('waits in vain'),
    refuses: ends(
      'ERR_CIRCUIT_OPEN',
      ['rejection by circuit_breaker: circuit_open', 'call rejected'],
      { counts: 'closed' },
    ),
    'would refuse': ends(
      'the answer',
      ['rejection by circuit_breaker: circuit_open (dry run)', 'attempt 1 success', 'call success'],
      { counts: 'closed' },
    ),
    'refusal inside': ends(
      'ERR_NO',
      [toHalfOpen, 'rejection by inside: no', 'call rejected'],
      free,
    ),
    draining: ends('ERR_DRAINING', ['rejection by drain: draining', 'call rejected'], free),
    'callback throws': cases({
      handle: ends('the fault', [toHalfOpen, 'attempt 1 failure', 'call failure'], free),
    }),
    'isFailure throws': ends('the fault', [toHalfOpen, 'attempt 1 failure', 'call failure'], free),
    'listener throws': failedProbe,
    'listener aborts': ends('the reason', [toHalfOpen, 'call cancelled'], free),
    'listener aborts a wait': asClosed('listener aborts a wait'),
    'discard throws': expired,
  },
};
