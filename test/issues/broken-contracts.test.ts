import {
  type Admission,
  ContractError,
  type Outcome,
  pipeline,
  RejectedError,
  timeout,
} from 'holdfast';
import { describe, expect, it } from 'vitest';
import { active, gate, logged, onFailure } from '../pipeline/support/layers.js';

/**
 * A gate or driver that answered something else than the contract says made `execute` throw synchronously or, with
 * a timeout around it, never settle; what had been entered was never left.
 */
describe.each([
  ['carried by the promise of the operation', []],
  ['with a promise of its own', [timeout('1s')]],
])('a broken contract, in a call %s', (_kind, around) => {
  const wrongAdmissions: [string, unknown][] = [
    ['true', true],
    ['null', null],
    ['a plain error', new Error('no')],
    ['a promise of true', Promise.resolve(true)],
    ['a promise of null', Promise.resolve(null)],
  ];
  it.each(wrongAdmissions)(
    'G3: %s as an admission ends the call and names the gate',
    async (_what, wrong) => {
      const log: string[] = [];
      const calls = pipeline(
        'calls',
        ...around,
        logged(log, 'a'),
        gate({ name: 'odd', enter: () => wrong as Admission }),
      );
      let ran = false;
      const result = await calls.settle(() => {
        ran = true;
      });
      expect(result).toMatchObject({ status: 'rejected', reason: { policy: 'odd' } });
      expect((result as PromiseRejectedResult).reason).toBeInstanceOf(ContractError);
      expect(ran).toBe(false);
      expect(log).toEqual(['a enter', 'a exit failure']);
      expect(calls.snapshot().inFlight).toBe(0);
    },
  );

  const wrongAnswers: [string, unknown][] = [
    ['nothing', undefined],
    ['a promise of nothing', Promise.resolve(undefined)],
    ['a promise of a plain value', Promise.resolve('ok')],
    ['a promise of an unknown kind', Promise.resolve({ kind: 'fine' })],
  ];
  it.each(wrongAnswers)(
    'G3: %s as the answer of a driver ends the call and names the driver',
    async (_what, wrong) => {
      for (const odd of [
        active(() => wrong as Promise<Outcome>, 'odd'),
        onFailure(() => wrong as Promise<Outcome>, { name: 'odd' }),
      ]) {
        const log: string[] = [];
        const calls = pipeline('calls', ...around, logged(log, 'a'), odd);
        const result = await calls.settle(() => Promise.reject(new Error('no')));
        expect(result).toMatchObject({ status: 'rejected', reason: { policy: 'odd' } });
        expect((result as PromiseRejectedResult).reason).toBeInstanceOf(ContractError);
        expect(log).toEqual(['a enter', 'a exit failure']);
        expect(calls.snapshot().inFlight).toBe(0);
      }
    },
  );

  it('G3: a frozen refusal is passed on as it is', async () => {
    const frozen = Object.freeze(new RejectedError('full'));
    const log: string[] = [];
    const calls = pipeline('calls', ...around, logged(log, 'a'), gate({ enter: () => frozen }));
    await expect(calls.execute(() => 1)).rejects.toBe(frozen);
    expect(log).toEqual(['a enter', 'a exit rejected']);
  });
});
