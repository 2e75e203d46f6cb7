import { resilientFetch } from 'holdfast/fetch';
import { expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

/** With `body: null` fetch sends the Request's own body, which was not cloned then: the second attempt had none to send. */
it('X4: a Request whose body is "replaced" by null arrives whole on every attempt', async () => {
  const servers = new Servers();
  const bodies: string[] = [];
  const port = await servers.http(async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString());
    response.writeHead(bodies.length < 3 ? 503 : 200).end();
  });
  const fetch = resilientFetch({ policies: { retry: { initialDelay: 0, maxDelay: 0 } } });
  const request = new Request(`http://127.0.0.1:${port}/`, { method: 'PUT', body: 'abc' });
  try {
    expect((await fetch(request, { body: null })).status).toBe(200);
    expect(bodies).toEqual(['abc', 'abc', 'abc']);
  } finally {
    await servers.close();
  }
});
