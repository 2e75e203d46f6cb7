import { pipeline, retry, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { deferred } from '../pipeline/support/deferred.js';
import { gate, logged } from '../pipeline/support/layers.js';

/** An exit that had waited for the operation and then aborted the call made the gates outside it be left at the wrong place. */
it('a late exit that aborts the call ends it once', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const caller = new AbortController();
  const slow = deferred();
  let exits = 0;
  const calls = pipeline(
    { name: 'calls', clock },
    logged(log, 'outer'),
    retry({ maxRetries: 1, initialDelay: 1_000, jitter: 'none' }),
    logged(log, 'middle'),
    logged(log, 'held', {
      holds: true,
      exit() {
        if (++exits === 1) caller.abort(new Error('enough'));
      },
    }),
    timeout('1s'),
  );
  const call = calls.settle(() => slow.promise, { signal: caller.signal });
  await clock.advance(1_500);
  slow.resolve('late');
  expect(await call).toMatchObject({ reason: { message: 'enough' } });
  await clock.flush();
  expect(log).toEqual([
    'outer enter',
    'middle enter',
    'held enter',
    'middle exit timeout',
    'held exit timeout',
    'outer exit cancelled',
  ]);
  expect(clock.pending).toBe(0);
  expect(calls.snapshot().inFlight).toBe(0);
});

/** The same for the exit of a gate that admitted the call after it had been left. */
it('the exit after a late admission that aborts the call ends it once', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const caller = new AbortController();
  const late = deferred<undefined>();
  const calls = pipeline(
    { name: 'calls', clock },
    logged(log, 'outer'),
    retry({ maxRetries: 1, initialDelay: 1_000, jitter: 'none' }),
    timeout('1s'),
    logged(log, 'inner'),
    gate({
      enter: () => late.promise,
      exit: () => caller.abort(new Error('enough')),
    }),
  );
  const call = calls.settle(() => 1, { signal: caller.signal });
  await clock.advance(1_500);
  late.resolve(undefined);
  expect(await call).toMatchObject({ reason: { message: 'enough' } });
  await clock.flush();
  expect(log).toEqual([
    'outer enter',
    'inner enter',
    'inner exit cancelled',
    'outer exit cancelled',
  ]);
  expect(clock.pending).toBe(0);
  expect(calls.snapshot().inFlight).toBe(0);
});
