import { type DiagLogger, diag } from '@opentelemetry/api';
import { pipeline } from 'holdfast';
import { afterEach, expect, it, vi } from 'vitest';
import { turn } from '../pipeline/support/deferred.js';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

afterEach(() => {
  diag.disable();
  process.off('unhandledRejection', note);
});

function logger(error: DiagLogger['error']): DiagLogger {
  return { error, warn() {}, info() {}, debug() {}, verbose() {} };
}

/** The rejection of an asynchronous listener became an unhandled rejection, which ends a Node process. */
it('G4: what an asynchronous listener rejects with goes to diag', async () => {
  process.on('unhandledRejection', note);
  const error = vi.fn();
  diag.setLogger(logger(error));
  const calls = pipeline('calls');
  const fault = new Error('in the listener');
  calls.on(async () => {
    throw fault;
  });
  expect(await calls.execute(() => 1)).toBe(1);
  await turn();
  expect(error).toHaveBeenCalledWith(expect.stringContaining('listener'), fault);
  expect(unhandled).toEqual([]);
});

/** A diag logger that threw made the call fail in place of the listener. */
it('G4: a fault of the diag logger changes nothing either', async () => {
  diag.setLogger(
    logger(() => {
      throw new Error('in the logger');
    }),
  );
  const calls = pipeline('calls');
  calls.on(() => {
    throw new Error('in the listener');
  });
  expect(await calls.execute(() => 1)).toBe(1);
});
