import { pipeline, RejectedError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { again, logged } from '../pipeline/support/layers.js';

/**
 * What came while a call was entering was noted and never forgotten: a driver outside saw it again after each run and
 * called itself without end. A gate that gave the call up and then refused it was left although it had not been entered.
 */
describe('a gate that abandons the call while it is entered', () => {
  it('lets a driver outside run again', async () => {
    const log: string[] = [];
    const calls = pipeline(
      'calls',
      again(3),
      logged(log, 'g', {
        mayAbandon: true,
        enter(call) {
          call.abandon(call.layer, new Error(`too late ${call.attempts}`));
          return undefined;
        },
      }),
      logged(log, 'inner'),
    );
    await expect(calls.execute(() => 1)).rejects.toThrow('too late');
    expect(log).toEqual(
      [1, 2, 3].flatMap(() => ['g enter', 'inner enter', 'inner exit cancelled', 'g exit timeout']),
    );
  });

  it.each([
    ['refuses', () => new RejectedError('no')],
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
  ])('and then %s it is not left', async (_what, then) => {
    const log: string[] = [];
    const late = new Error('too late');
    const calls = pipeline(
      'calls',
      logged(log, 'outer'),
      logged(log, 'g', {
        mayAbandon: true,
        enter(call) {
          call.abandon(call.layer, late);
          return then();
        },
      }),
    );
    await expect(calls.execute(() => 1)).rejects.toBe(late);
    expect(log).toEqual(['outer enter', 'g enter', 'outer exit timeout']);
  });
});
