import { BulkheadFullError, bulkhead, CircuitOpenError, keyed, pipeline, retry } from 'holdfast';
import { expect, it } from 'vitest';
import { gate } from '../pipeline/support/layers.js';

/** Copies of one keyed pipeline have one name: what one of them refused was taken for a refusal of the other's own. */
it('R7: what another key refused is an outcome like any, and what a call ends in whose retry is refused', async () => {
  let entered = 0;
  const door = gate({
    name: 'door',
    enter: () => (++entered === 1 ? undefined : new CircuitOpenError('no')),
  });
  const full = keyed(pipeline('up', bulkhead({ maxConcurrent: 1 })));
  void full.execute('b', () => new Promise(() => {}));
  const hosts = keyed(
    pipeline('up', retry({ initialDelay: 0, handle: ({ kind }) => kind === 'rejected' }), door),
  );
  const stopped: unknown[] = [];
  hosts.on('retry_stopped', ({ reason, by, error }) => stopped.push([reason, by, error]));
  const call = hosts.execute('a', () => full.execute('b', () => 1));
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BulkheadFullError);
  expect(error).toMatchObject({ pipeline: 'up', key: 'b' });
  expect(stopped).toEqual([['exhausted', undefined, error]]);
});
