import { bulkhead, keyed, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { never } from '../pipeline/support/deferred.js';

/** With all other keys busy, the key just asked for was dropped at once: each call to it got fresh state. */
it('a key is not dropped by the very call that asks for it', () => {
  const clock = new VirtualClock();
  const byHost = keyed(pipeline({ name: 'hosts', clock }, bulkhead({ maxConcurrent: 1 })), {
    maxKeys: 2,
  });
  void byHost.settle('a', never);
  void byHost.settle('b', never);
  const c = byHost.get('c');
  expect(byHost.has('c')).toBe(true);
  expect(byHost.get('c')).toBe(c);
  expect([...byHost.keys()][0]).toBe('c');
  expect(byHost.size).toBe(3);
});
