/** What docs/recipes/redis.md says, against a real Redis that is killed, restarted, busy and cut off. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { extract } from './recipes.js';
import { cutter } from './servers/cutter.js';
import { startRedis } from './servers/redis.js';

const LIMIT_MS = 60_000;
const limit = { timeout: 120_000 };

let server;
let recipe;
let instances = 0;
const open = [];

before(async () => {
  recipe = await extract(['redis.md']);
  server = await startRedis();
});
after(async () => {
  await server?.dispose();
  recipe?.remove();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((end) => end()));
  server.clear();
});

/** The module of the recipe, as a process of its own would have it. */
async function commands(url = server.url) {
  process.env.REDIS_URL = url;
  const module = await recipe.load('redis.js', ++instances);
  open.push(module.close);
  return module;
}

/** A client beside the recipe's. */
async function beside(use) {
  const client = new Redis(server.url, { maxRetriesPerRequest: null });
  client.on('error', () => {});
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

async function cut() {
  const way = await cutter(server.url);
  open.push(way.close);
  return way;
}

/** Polls until it holds. */
async function until(holds) {
  for (const end = Date.now() + LIMIT_MS; !(await holds()); ) {
    assert.ok(Date.now() < end, `still not: ${holds}`);
    await sleep(20);
  }
}

const value = (key) => beside((redis) => redis.get(key));
const breakerOf = (pipeline) => pipeline.snapshot().policies.circuit_breaker.state;

test('ioredis as it comes counts twice, which is why its retries are off', limit, async () => {
  const way = await cut();
  const redis = new Redis(way.url);
  redis.on('error', () => {});
  open.push(() => redis.disconnect());
  way.cut('incr');
  await redis.incr('n');
  assert.equal(way.cuts, 1);
  assert.equal(await value('n'), '2');
});

test(
  'a command whose answer got lost: once does not repeat it, idempotent and countOnce do',
  limit,
  async () => {
    const way = await cut();
    const { once, idempotent, countOnce, OutcomeUnknownError } = await commands(way.url);
    await idempotent((redis) => redis.ping());
    way.cut('incr');
    await assert.rejects(
      once((redis) => redis.incr('n')),
      OutcomeUnknownError,
    );
    assert.equal(await value('n'), '1');
    way.cut('other');
    assert.equal(await idempotent((redis) => redis.set('other', 7)), 'OK');
    way.cut('eval');
    assert.equal(await countOnce('visits', 'a'), 1);
    assert.equal(await countOnce('visits', 'b'), 2);
    assert.equal(way.cuts, 3);
    assert.deepEqual([await value('visits'), await value('other')], ['2', '7']);
  },
);

test(
  'killed in the middle and restarted: what was answered is there, and events count once',
  limit,
  async () => {
    const { once, countOnce, NotDoneError, redis } = await commands();
    let asked = 0;
    let stop = false;
    let answered = 0;
    let unknown = 0;
    const counted = new Set();
    const work = async () => {
      while (!stop) {
        const event = String(++asked);
        await once((client) => client.incr('single'), { timeout: '20s' }).then(
          () => answered++,
          (error) => {
            const certain = error instanceof NotDoneError || error.code === 'ERR_CIRCUIT_OPEN';
            if (!certain) unknown++;
          },
        );
        await countOnce('events', event, { timeout: '20s' }).then(
          () => counted.add(event),
          () => sleep(20),
        );
      }
    };
    const workers = Array.from({ length: 8 }, work);
    open.push(() => {
      stop = true;
      return Promise.all(workers);
    });
    await until(() => answered > 200);
    await server.kill();
    await server.start();
    await until(() => redis.status === 'ready');
    const before = counted.size;
    await until(() => counted.size > before + 200);
    stop = true;
    await Promise.all(workers);

    const single = Number(await value('single'));
    assert.ok(single >= answered, `${answered} were answered, ${single} are there`);
    assert.ok(single <= answered + unknown, `${single} are there, ${answered} were answered`);
    const marks = await beside((client) => client.keys('events:*'));
    assert.equal(Number(await value('events')), marks.length);
    for (const event of counted) assert.ok(marks.includes(`events:${event}`), `${event} was lost`);
  },
);

test('no server at the start: commands say so, and succeed when it is there', limit, async () => {
  await server.stop();
  const { once, NotDoneError } = await commands();
  const waiting = until(async () => {
    const end = await once((redis) => redis.incr('late')).catch((error) => error);
    if (end === 1) return true;
    assert.ok(end instanceof NotDoneError || end.code === 'ERR_CIRCUIT_OPEN', end);
    return false;
  });
  await Promise.all([server.start(), waiting]);
});

test('replies that refuse for now are repeated, whatever the command', limit, async () => {
  await beside((redis) => redis.set('n', 1));
  const refusals = [
    ['OOM', ['config', 'set', 'maxmemory', '1'], ['config', 'set', 'maxmemory', '0']],
    [
      'NOREPLICAS',
      ['config', 'set', 'min-replicas-to-write', '1'],
      ['config', 'set', 'min-replicas-to-write', '0'],
    ],
    ['READONLY', ['replicaof', '127.0.0.1', '1'], ['replicaof', 'no', 'one']],
  ];
  await beside(async (admin) => {
    for (const [at, [word, refuse, accept]] of refusals.entries()) {
      const { once, NotDoneError } = await commands(); // with a retry budget of its own
      const count = () => once((redis) => redis.incr('n'), { timeout: '30s' });
      await once((redis) => redis.ping());
      await admin.call(...refuse);
      await assert.rejects(
        once((redis) => redis.incr('n'), { timeout: '150ms' }),
        (error) => error.code === 'ERR_TIMEOUT' || error instanceof NotDoneError,
      );
      await assert.rejects(admin.incr('n'), new RegExp(`^ReplyError: ${word} `));
      const counted = count();
      await sleep(30);
      await admin.call(...accept);
      assert.equal(await counted, 2 + at, word);
    }
  });
});

test(
  'a server that is busy with a script, or has lost its master, is asked again',
  limit,
  async () => {
    const { idempotent, redis } = await commands();
    await idempotent((client) => client.set('n', 1));
    await beside(async (admin) => {
      await admin.call('config', 'set', 'busy-reply-threshold', '10');
      await beside(async (other) => {
        const endless = other.eval('while true do end', 0);
        endless.catch(() => {});
        await until(() =>
          admin.get('n').then(
            () => false,
            ({ message }) => message.startsWith('BUSY '),
          ),
        );
        const answer = idempotent((client) => client.get('n'), { timeout: '30s' });
        await sleep(30);
        await admin.call('script', 'kill');
        assert.equal(await answer, '1');
        await assert.rejects(endless);
      });
      await admin.call('config', 'set', 'replica-serve-stale-data', 'no');
      await admin.call('replicaof', '127.0.0.1', '1');
      await assert.rejects(redis.get('n'), /^ReplyError: MASTERDOWN /);
      const answer = idempotent((client) => client.get('n'), { timeout: '30s' });
      await sleep(30);
      await admin.call('replicaof', 'no', 'one');
      await admin.call('config', 'set', 'replica-serve-stale-data', 'yes');
      assert.equal(await answer, '1');
    });
  },
);

test('other errors are answers: not repeated, and the breaker stays closed', limit, async () => {
  const { idempotent, repeated } = await commands();
  await idempotent((redis) => redis.set('text', 'x'));
  let runs = 0;
  for (let i = 0; i < 30; i++) {
    const wrong = idempotent((redis) => {
      runs++;
      return redis.lpush('text', 1);
    });
    await assert.rejects(wrong, /WRONGTYPE/);
  }
  assert.equal(runs, 30);
  assert.equal(breakerOf(repeated), 'closed');
});

test('a cache that is away is a miss, and then costs nothing', limit, async () => {
  const { cached, idempotent, lookups } = await commands();
  await idempotent((redis) => redis.ping());
  let loads = 0;
  const price = (key = 'price') =>
    cached(key, 60, async () => {
      loads++;
      return { euros: 9 };
    });
  await price();
  await until(() => value('price'));
  assert.deepEqual([await price(), loads], [{ euros: 9 }, 1]);
  await beside((redis) => redis.set('odd', 'no JSON'));
  assert.deepEqual([await price('odd'), loads], [{ euros: 9 }, 2]);
  await server.kill();
  await until(async () => {
    assert.deepEqual(await price(), { euros: 9 });
    return breakerOf(lookups) === 'open';
  });
  assert.deepEqual(await price(), { euros: 9 });
  await server.start();
  const before = () => loads;
  await until(async () => {
    const had = before();
    await price();
    return loads === had; // a hit again
  });
});
