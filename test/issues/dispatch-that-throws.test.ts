import { resilience } from 'holdfast/undici';
import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';

/** A POST that failed so was asked to be sent again, and the refusal of that took the place of the error. */
it('X3: what an interceptor inside throws reaches the caller of a POST as it came', async () => {
  const error = Object.assign(new Error('broken'), { code: 'ECONNRESET' });
  let dispatched = 0;
  const inside = (): boolean => {
    dispatched++;
    throw error;
  };
  const policies = { retry: { initialDelay: 0, maxDelay: 0 } };
  const dispatch = resilience({ policies })(inside);
  const send = (method: Dispatcher.HttpMethod): Promise<unknown> =>
    new Promise((resolve) => {
      const options = { origin: 'http://a.example', path: '/', method };
      dispatch(options, { onResponseError: (_, reason) => resolve(reason) });
    });
  expect(await send('POST')).toBe(error);
  expect(dispatched).toBe(1);
  expect(await send('GET')).toBe(error);
  expect(dispatched).toBe(5);
});
