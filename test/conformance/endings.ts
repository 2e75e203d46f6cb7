import type { PipelineLayer } from 'holdfast';
import { RejectedError, timeout } from 'holdfast';
import { active, gate } from '../pipeline/support/layers.js';
import type { Ending } from './ending.js';
import type { Scene } from './scene.js';
import { CALLERS_TIMEOUT, REASON } from './scene.js';
import type { EndingName, Row, SetUp } from './table.js';
import { ends } from './table.js';

/** The timeouts of the endings: shorter than anything that a policy waits for. */
const OUTSIDE = { duration: 1_000, name: 'outside' } as const;
const INSIDE = { duration: 1_000, name: 'inside' } as const;

const plain = (row: Row) => ({ '': row.plain });
/** Where another policy may be inside. */
const holding = (row: Row) => (row.innermost === true ? {} : plain(row));
const one = (setUp: SetUp | undefined) => (setUp === undefined ? {} : { '': setUp });
const passes = (scene: Scene) => scene.passAll();
const outside = (layers: readonly PipelineLayer[]) => [timeout(OUTSIDE), ...layers];

const succeeded = ends('the answer', ['attempt 1 success', 'call success']);
const failed = ends('boom', ['attempt 1 failure', 'call failure']);
const timedOut = ends('ERR_TIMEOUT', ['timeout by outside', 'attempt 1 timeout', 'call timeout']);

/** A gate that refuses everything. */
const refusing = gate({
  type: 'inside',
  enter: () => new RejectedError('no', { code: 'ERR_NO', reason: 'no' }),
});

/** A driver that gives up what it has started. */
const givingUp = active((drive) => {
  const own = new AbortController();
  const run = drive.next({ signal: own.signal });
  own.abort(REASON);
  return run;
}, 'giving_up');

export const endings: Readonly<Record<EndingName, Ending>> = {
  returns: {
    title: 'The operation returns a value',
    script: ['returns'],
    setUps: plain,
    act: passes,
    usual: succeeded,
  },
  resolves: {
    title: 'It answers a promise, which is fulfilled later',
    script: ['resolves'],
    setUps: plain,
    act: passes,
    usual: succeeded,
  },
  throws: {
    title: 'It throws at once',
    script: ['throws'],
    setUps: plain,
    act: passes,
    usual: failed,
  },
  rejects: {
    title: 'Its promise is rejected later',
    script: ['rejects'],
    setUps: plain,
    act: passes,
    usual: failed,
  },
  'failed result': {
    title: 'It returns what `errorTypeOf` takes for a failure',
    script: ['fails as a result'],
    setUps: plain,
    extras: { errorTypeOf: true },
    act: passes,
    usual: ends('the failed result', ['attempt 1 failure', 'call failure']),
  },
  'judged result': {
    title: 'It returns what `isFailure` calls a failure',
    script: ['fails as a result'],
    setUps: plain,
    extras: { isFailure: true },
    act: passes,
    usual: ends('the failed result', ['attempt 1 failure', 'call failure']),
  },
  forgiven: {
    title: 'It is rejected with what `isFailure` calls none',
    script: ['rejects'],
    setUps: plain,
    extras: { isFailure: false },
    act: passes,
    usual: ends('boom', ['attempt 1 success', 'call success']),
  },
  ignored: {
    title: 'It is rejected with what `isFailure` ignores',
    script: ['rejects'],
    setUps: plain,
    extras: { isFailure: 'ignore' },
    act: passes,
    usual: ends('boom', ['attempt 1 ignored', 'call ignored']),
  },
  'timeout inside': {
    title: 'It hangs, and a timeout inside expires',
    script: ['hangs'],
    setUps: holding,
    around: (layers) => [...layers, timeout(INSIDE)],
    act: passes,
    usual: ends('ERR_TIMEOUT', ['timeout by inside', 'attempt 1 timeout', 'call timeout']),
  },
  'timeout outside': {
    title: 'It hangs, and a timeout outside expires',
    script: ['hangs'],
    setUps: plain,
    around: outside,
    act: passes,
    usual: timedOut,
  },
  'own timeout': {
    title: "It hangs, and the call's own `timeout` expires",
    script: ['hangs'],
    setUps: plain,
    options: { timeout: OUTSIDE.duration },
    act: passes,
    usual: ends('ERR_TIMEOUT', ['timeout by call_timeout', 'attempt 1 timeout', 'call timeout']),
  },
  'late result': {
    title: 'A timeout outside has expired, and the result comes later',
    script: ['hangs'],
    setUps: plain,
    around: outside,
    act: passes,
    late: 'resolves',
    usual: 'timeout outside',
  },
  'late rejection': {
    title: 'A timeout outside has expired, and the rejection comes later',
    script: ['hangs'],
    setUps: plain,
    around: outside,
    act: passes,
    late: 'rejects',
    usual: 'timeout outside',
  },
  'abort before': {
    title: 'The caller has aborted before the call',
    script: ['resolves'],
    setUps: plain,
    aborts: true,
    unentered: true,
    before: (scene) => scene.abort(),
    act: passes,
    usual: ends('the reason', ['call cancelled']),
  },
  'abort during': {
    title: 'The caller aborts while the operation runs',
    aborts: true,
    script: ['hangs'],
    setUps: plain,
    act: async (scene) => {
      await scene.pass(100);
      await scene.abort();
    },
    usual: ends('the reason', ['attempt 1 cancelled', 'call cancelled']),
  },
  'callers timeout': {
    title: 'The caller aborts with a `TimeoutError`, as `AbortSignal.timeout` does',
    aborts: true,
    script: ['hangs'],
    setUps: plain,
    act: async (scene) => {
      await scene.pass(100);
      await scene.abort(CALLERS_TIMEOUT);
    },
    usual: ends('the reason', ['attempt 1 timeout', 'call timeout']),
  },
  'past deadline': {
    title: 'The `deadline` of the call has passed',
    script: ['resolves'],
    setUps: plain,
    unentered: true,
    options: { deadline: 0 },
    before: (scene) => scene.pass(1),
    act: passes,
    usual: ends('ERR_TIMEOUT', ['timeout by call_timeout', 'call timeout']),
  },
  waits: {
    title: 'The call waits, and goes on',
    script: ['resolves'],
    setUps: (row) => row.waits ?? {},
    act: async (scene, { goOn }) => {
      await scene.pass(20);
      await goOn?.();
      await scene.passAll();
    },
  },
  'abort in a wait': {
    title: 'The caller aborts while the call waits',
    aborts: true,
    script: ['resolves'],
    setUps: (row) => row.waits ?? {},
    act: async (scene) => {
      await scene.pass(20);
      await scene.abort();
    },
  },
  'timeout in a wait': {
    title: 'A timeout outside expires while the call waits',
    unasked: true,
    script: ['resolves'],
    setUps: (row) => row.waits ?? {},
    around: outside,
    act: (scene) => scene.pass(OUTSIDE.duration),
  },
  'own timeout in a wait': {
    title: "The call's own `timeout` expires while it waits",
    script: ['resolves'],
    setUps: (row) => row.waits ?? {},
    unasked: true,
    options: { timeout: OUTSIDE.duration },
    act: (scene) => scene.pass(OUTSIDE.duration),
  },
  'waits in vain': {
    title: 'The call waits, and is refused in the end',
    script: ['resolves'],
    setUps: (row) => row.vain ?? {},
    act: async (scene, { goOn }) => {
      await scene.pass(20);
      await goOn?.();
      await scene.passAll();
    },
  },
  refuses: {
    title: 'The policy refuses the call',
    script: ['resolves'],
    setUps: (row) => one(row.refuses),
    act: passes,
  },
  'would refuse': {
    title: 'It would, but for a dry run',
    script: ['resolves'],
    setUps: (row) => one(row.waives),
    act: passes,
  },
  'refusal inside': {
    title: 'A policy inside refuses the call',
    script: ['resolves'],
    setUps: holding,
    around: (layers) => [...layers, refusing],
    act: passes,
    usual: ends('ERR_NO', ['rejection by inside: no', 'call rejected']),
  },
  'given up inside': {
    title: 'A driver inside gives its run up',
    script: ['hangs'],
    setUps: holding,
    around: (layers) => [...layers, givingUp],
    act: passes,
    usual: ends('the reason', ['attempt 1 cancelled', 'call cancelled']),
  },
  draining: {
    title: 'The pipeline drains',
    script: ['resolves'],
    setUps: plain,
    unentered: true,
    before: (_, made) => void made.drain(),
    act: passes,
    usual: ends('ERR_DRAINING', ['rejection by drain: draining', 'call rejected']),
  },
  'callback throws': {
    title: 'A callback of yours throws',
    script: ['rejects'],
    setUps: (row) => row.faults ?? {},
    act: passes,
    usual: 'rejects',
  },
  'isFailure throws': {
    title: '`isFailure` throws',
    script: ['rejects'],
    setUps: plain,
    extras: { isFailure: 'throws' },
    act: passes,
    usual: ends('the fault', ['attempt 1 failure', 'call failure']),
  },
  'listener throws': {
    title: 'Every listener throws; the operation is rejected',
    script: ['rejects'],
    setUps: plain,
    extras: { listenerThrows: true },
    act: passes,
    faults: 'each event',
    usual: 'rejects',
  },
  'listener aborts': {
    title: 'The operation is rejected, and a listener aborts the call at the first event',
    script: ['rejects'],
    setUps: plain,
    aborts: true,
    needsListener: true,
    extras: { listenerAborts: true },
    act: passes,
    usual: failed,
  },
  'listener aborts a wait': {
    title: 'The call is to wait, and a listener aborts it at the first event',
    script: ['resolves'],
    setUps: (row) => row.waits ?? {},
    aborts: true,
    needsListener: true,
    extras: { listenerAborts: true },
    act: async (scene, { goOn }) => {
      await scene.pass(20);
      await goOn?.();
      await scene.passAll();
    },
  },
  'discard throws': {
    title: 'The `discard` hook throws, at a late result',
    script: ['hangs'],
    setUps: plain,
    around: outside,
    extras: { discardThrows: true },
    act: passes,
    late: 'resolves',
    faults: 'each discard',
    usual: 'timeout outside',
  },
};
