import { pipeline, timeout } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { turn } from '../pipeline/support/deferred.js';
import { logged } from '../pipeline/support/layers.js';

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => unknown;

function withThen(then: Then): Promise<unknown> {
  return Object.assign(Promise.resolve('own value'), { then }) as Promise<unknown>;
}

/**
 * A promise with a `then` of its own was trusted to call back once and later, like a plain promise: one that called back
 * at once or twice settled a pass that was already back in the pool, or somebody else's call.
 */
describe.each([
  ['carried by the promise of the operation', []],
  ['with a promise of its own', [timeout('1s')]],
])('an operation that answers a promise with its own then, in a call %s', (_kind, around) => {
  it.each<[string, Then]>([
    ['at once', (resolve) => resolve('answer')],
    [
      'twice',
      (resolve) => {
        resolve('answer');
        resolve('again');
      },
    ],
    [
      'both ways',
      (resolve, reject) => {
        resolve('answer');
        reject(new Error('and no'));
      },
    ],
    [
      'and then throws',
      (resolve) => {
        resolve('answer');
        throw new Error('and no');
      },
    ],
  ])('G2: settles once when it calls back %s', async (_how, then) => {
    const log: string[] = [];
    const calls = pipeline('calls', ...around, logged(log, 'a'));
    expect(await calls.execute(() => withThen(then))).toBe('answer');
    await turn();
    expect(log).toEqual(['a enter', 'a exit success']);
    expect(calls.snapshot().inFlight).toBe(0);
    const later = await Promise.all([1, 2, 3].map((i) => calls.execute(async () => i)));
    expect(later).toEqual([1, 2, 3]);
  });
});
