import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResilientFetch } from '../../src/fetch/index.js';
import { resilientFetch } from '../../src/fetch/index.js';
import type { Priority } from '../../src/index.js';
import {
  deadlineFrom,
  detached,
  pipeline,
  priorityFrom,
  runWithin,
  systemClock,
  TimeoutError,
  timeLeft,
} from '../../src/index.js';

/** Three services in a row on real sockets: A calls B, B calls C. */

const LEFT = 'x-time-left-ms';
const PRIORITY = 'x-priority';

interface Service {
  readonly url: string;
  /** By request: what was left when it came. */
  readonly came: { readonly at: number; readonly left: number; readonly header: unknown }[];
  /** How each request ended here, and when. */
  readonly ended: { readonly at: number; readonly error: unknown }[];
  /** How often a caller has cut its request. */
  readonly cut: number[];
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Service> {
  const service = { came: [], ended: [], cut: [] } as Pick<Service, 'came' | 'ended' | 'cut'>;
  const server: Server = createServer(async (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) service.cut.push(systemClock.now());
    });
    const within = {
      deadline: deadlineFrom(request, { header: LEFT }),
      priority: priorityFrom(request, PRIORITY),
    };
    await runWithin(within, async () => {
      service.came.push({
        at: systemClock.now(),
        left: timeLeft(),
        header: request.headers[LEFT],
      });
      let error: unknown;
      try {
        await handle(request, response);
      } catch (thrown) {
        error = thrown;
        response.statusCode = thrown instanceof TimeoutError ? 504 : 502;
        response.end();
      }
      service.ended.push({ at: systemClock.now(), error });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, ...service };
}

function clientOf(options: object = {}): ResilientFetch {
  const client = resilientFetch({ headers: { deadline: LEFT, priority: PRIORITY }, ...options });
  cleanUps.push(() => client.dispose());
  return client as ResilientFetch;
}

const hang = () => new Promise<never>(() => {});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A service that only asks the next one. */
const relay = (client: ResilientFetch, url: string) => async (_: unknown, out: ServerResponse) => {
  const answer = await client(url);
  out.statusCode = answer.status;
  out.end(await answer.text());
};

/** Asks A as a client with so much time. */
async function ask({ url }: Service, leftMs: number, more: object = {}): Promise<Response> {
  return fetch(url, { headers: { [LEFT]: String(leftMs), ...more } });
}

describe('a chain of three services', () => {
  it('D8, X8: gives up together when the last one hangs, and each has less left than the one before', async () => {
    const c = await serve(hang);
    const b = await serve(relay(clientOf(), c.url));
    const a = await serve(relay(clientOf(), b.url));
    const askedAt = systemClock.now();
    const answer = await ask(a, 700);
    expect(answer.status).toBe(504);
    await until(() => a.ended.length + b.ended.length === 2 && c.cut.length === 1);
    const deadline = askedAt + 700;
    // Their own timeouts are 30 s and 10 s.
    for (const { ended } of [a, b]) {
      expect(ended[0]?.error).toBeInstanceOf(TimeoutError);
      expect(ended[0]?.error).toMatchObject({ policy: 'inherited_deadline' });
      expect(ended[0]?.at).toBeLessThan(deadline + 2_000);
    }
    const at = [a.ended[0]?.at, b.ended[0]?.at, c.cut[0]] as number[];
    // Each hop rounds down to a millisecond, so the inner ones give up a little earlier.
    expect(Math.max(...at) - Math.min(...at)).toBeLessThan(500);
    const left = [a, b, c].map(({ came }) => came[0]?.left ?? Number.NaN);
    expect(left[0]).toBeLessThanOrEqual(700);
    expect(left[1]).toBeLessThan(left[0] as number);
    expect(left[2]).toBeLessThan(left[1] as number);
    expect(left[2]).toBeGreaterThan(0);
    for (const { came } of [b, c]) expect(came[0]?.header).toMatch(/^\d+$/);
    expect([a, b, c].map(({ came }) => came.length)).toEqual([1, 1, 1]);
  });

  it('D8: retries of the one in the middle do not go on after it', async () => {
    const c = await serve((_, response) => {
      response.statusCode = 503;
      response.end();
    });
    const impatient = {
      policies: {
        retry: { initialDelay: 40, jitter: 'none', factor: 1, maxRetries: 1000, budget: false },
      },
    } as const;
    const b = await serve(relay(clientOf(impatient), c.url));
    const a = await serve(relay(clientOf({ policies: { retry: { maxRetries: 0 } } }), b.url));
    const askedAt = systemClock.now();
    await ask(a, 500);
    await until(() => b.ended.length === 1);
    const sent = c.came.length;
    expect(sent).toBeGreaterThan(1);
    for (const { at, left } of c.came) {
      expect(at).toBeLessThan(askedAt + 500 + 500);
      expect(left).toBeLessThanOrEqual(500);
    }
    // B has settled, and nothing is sent any more.
    await new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), 120));
    expect(c.came).toHaveLength(sent);
  });

  it('D8: no work is begun that nobody waits for', async () => {
    const c = await serve((_, response) => response.end('ok'));
    const b = await serve(relay(clientOf(), c.url));
    const answer = await ask(b, 0);
    expect(answer.status).toBe(504);
    expect(b.ended[0]?.error).toMatchObject({
      policy: 'inherited_deadline',
      message: expect.stringContaining('had passed before it began'),
    });
    expect(c.came).toEqual([]);
  });

  it('D8: the steps of a service end with it, whatever they are', async () => {
    const steps = pipeline('steps');
    let begun = 0;
    const c = await serve(async () => {
      for (;;) {
        await steps.execute(() => {
          begun++;
          return new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), 20));
        });
      }
    });
    const b = await serve(relay(clientOf(), c.url));
    await ask(b, 300);
    await until(() => c.ended.length === 1);
    // The last step is given up, or was not begun because the rest of the time was too short for it.
    expect(['inherited_deadline', 'deadline']).toContain(
      (c.ended[0]?.error as TimeoutError | undefined)?.policy,
    );
    const sofar = begun;
    expect(sofar).toBeGreaterThan(0);
    await new Promise((resolve) => systemClock.setTimer(() => resolve(undefined), 60));
    expect(begun).toBe(sofar);
  });

  it('D8: a body that comes too slowly ends with it, too', async () => {
    const c = await serve(async (_, response) => {
      response.write('first');
      await hang();
    });
    let error: unknown;
    const client = clientOf();
    const b = await serve(async () => {
      const answer = await client(c.url);
      await answer.text().catch((thrown: unknown) => {
        error = thrown;
        throw thrown;
      });
    });
    expect((await ask(b, 400)).status).toBe(504);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ policy: 'inherited_deadline' });
    await until(() => c.cut.length === 1);
  });

  it('D8: read has the rest of the time, also for an answer that no retry replaces', async () => {
    const c = await serve(async (_, response) => {
      response.statusCode = 500;
      response.write('first');
      await hang();
    });
    const client = clientOf({ policies: { retry: { maxRetries: 0 } } });
    const b = await serve(() => client.read(c.url, undefined, (answer) => answer.text()));
    expect((await ask(b, 400)).status).toBe(504);
    expect(b.ended[0]?.error).toMatchObject({ policy: 'inherited_deadline' });
  });

  it('D2: detached work outlives the request', async () => {
    const c = await serve((_, response) => response.end('fresh'));
    const client = clientOf();
    let work: Promise<string> | undefined;
    const b = await serve((_, response) => {
      work = detached(async () => {
        await until(() => b.ended.length === 1);
        return (await client(c.url)).text();
      });
      response.end();
    });
    await ask(b, 0);
    expect(await work).toBe('fresh');
    // The client's own attempt timeout.
    expect(c.came[0]?.left).toBeGreaterThan(1_000);
  });

  it('D3: the priority goes along, unless a call sets another', async () => {
    const seen: unknown[] = [];
    const c = await serve((request, response) => {
      seen.push(request.headers[PRIORITY]);
      response.end();
    });
    const client = clientOf();
    const b = await serve(async (_, response) => {
      await client(c.url);
      await client(c.url, { headers: { [PRIORITY]: 'lowest' satisfies Priority } });
      await runWithin({ priority: 'high' }, () => client(c.url));
      response.end();
    });
    const a = await serve(relay(clientOf(), b.url));
    expect((await ask(a, 5_000, { [PRIORITY]: 'low' })).status).toBe(200);
    expect((await ask(a, 5_000)).status).toBe(200);
    expect(seen).toEqual(['low', 'lowest', 'high', undefined, 'lowest', 'high']);
  });

  it('D8: requests at the same time do not mix theirs', async () => {
    const c = await serve((_, response) => response.end());
    const patient = { policies: { totalTimeout: false, attemptTimeout: false } } as const;
    const b = await serve(relay(clientOf(patient), c.url));
    const times = Array.from({ length: 20 }, (_, i) => 60_000 * (i + 1));
    await Promise.all(times.map((each) => ask(b, each)));
    const minutes = c.came.map(({ left }) => Math.ceil(left / 60_000));
    expect(minutes.sort((one, other) => one - other)).toEqual(times.map((_, i) => i + 1));
  });
});
