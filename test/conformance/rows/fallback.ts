import { fallback } from 'holdfast';
import type { Scene } from '../scene.js';
import { ANSWER, FAULT } from '../scene.js';
import type { Expected, Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

/** It answers with a function, which takes its time. */
const slow =
  (ms: number) =>
  (scene: Scene): Subject => {
    scene.play('rejects');
    const answer = fallback((_, { signal }) => {
      scene.note('answer');
      return new Promise((resolve) => {
        const answered = (): void => scene.as('the upstream', () => resolve(ANSWER));
        const timer = scene.clock.setTimer(answered, ms);
        signal.addEventListener('abort', () => scene.clock.clearTimer(timer));
      });
    });
    return { layers: [answer] };
  };

const answers = (...before: string[]): Expected => {
  const outcome = before.at(-1)?.startsWith('rejection')
    ? 'rejected'
    : before.at(-1)?.split(' ')[2];
  return ends('the answer', [...before, `fallback after ${outcome}`, 'call fallback']);
};

const failed = ends('the fault', ['attempt 1 failure', 'call failure']);

export const fallbackRow: Row = {
  name: 'fallback',
  page: 'policies/fallback.md',
  plain: (scene) => ({
    layers: [
      fallback(() => {
        scene.note('answer');
        return ANSWER;
      }),
    ],
  }),
  waits: { 'its function': slow(5_000) },
  faults: {
    'function that throws': (scene) => ({
      layers: [
        fallback(() => {
          scene.note('answer');
          throw FAULT;
        }),
      ],
    }),
    'function that rejects': (scene) => ({
      layers: [
        fallback(async () => {
          scene.note('answer');
          throw FAULT;
        }),
      ],
    }),
    handle: (scene) => ({
      layers: [
        fallback(ANSWER, {
          handle: () => {
            scene.note('handle');
            throw FAULT;
          },
        }),
      ],
    }),
  },
  cells: {
    returns: usual(),
    resolves: usual(),
    throws: answers('attempt 1 failure'),
    rejects: answers('attempt 1 failure'),
    'failed result': usual(),
    'judged result': usual(),
    forgiven: answers('attempt 1 success'),
    ignored: answers('attempt 1 ignored'),
    'timeout inside': answers('timeout by inside', 'attempt 1 timeout'),
    // The timeout is outside of it, too.
    'timeout outside': usual(),
    'own timeout': usual(),
    'late result': usual(),
    'late rejection': usual(),
    'abort before': usual(),
    'abort during': usual(),
    'given up inside': usual(),
    'callers timeout': usual(),
    'past deadline': usual(),
    waits: cases({ 'its function': answers('attempt 1 failure') }),
    'abort in a wait': cases({
      'its function': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    }),
    'timeout in a wait': cases({
      'its function': ends('ERR_TIMEOUT', [
        'attempt 1 failure',
        'timeout by outside',
        'call timeout',
      ]),
    }),
    'own timeout in a wait': cases({
      'its function': ends('ERR_TIMEOUT', [
        'attempt 1 failure',
        'timeout by call_timeout',
        'call timeout',
      ]),
    }),
    'waits in vain': cannot('What its function waits for, it answers or fails with.'),
    refuses: cannot('It refuses nothing.'),
    'would refuse': cannot('It refuses nothing.'),
    'refusal inside': answers('rejection by inside: no'),
    draining: usual(),
    'callback throws': cases({
      'function that throws': failed,
      'function that rejects': failed,
      handle: failed,
    }),
    'isFailure throws': answers('attempt 1 failure'),
    'listener throws': usual(),
    'listener aborts': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    'listener aborts a wait': cases({
      'its function': ends('the reason', ['attempt 1 failure', 'call cancelled']),
    }),
    'discard throws': usual(),
  },
};
