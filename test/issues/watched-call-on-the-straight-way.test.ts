import { pipeline, timeout } from 'holdfast';
import { expect, it } from 'vitest';
import { Tally } from '../../src/pipeline/reporting/tally.js';

/**
 * A first success with nobody listening took the straight way out, on which its watch was not ended: its span stayed open,
 * and the pooled pass told it of another call's end.
 */
it.each([
  ['carried by the promise of the operation', []],
  ['with a promise of its own', [timeout('1s')]],
])('the watch of a call %s is ended with it', async (_kind, around) => {
  const log: string[] = [];
  const calls = pipeline('calls', ...around);
  const observer = {
    tally: new Tally(),
    start: () => ({
      attempts: false,
      operate: (operation: (context: never) => unknown, attempt: unknown) =>
        operation(attempt as never),
      within: <T>(run: () => T): T => run(),
      event() {},
      end: (outcome: string, attempts: number) => log.push(`${outcome} ${attempts}`),
    }),
    event() {},
    fork: () => observer,
    dispose() {},
  };
  calls.observer = observer as never;
  await calls.execute(async () => 1);
  expect(log).toEqual(['success 1']);
  calls.observer = undefined;
  await calls.settle(() => Promise.reject(new Error('no')));
  expect(log).toEqual(['success 1']);
});
