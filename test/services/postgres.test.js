/** What docs/recipes/postgres.md says, against a real PostgreSQL that is killed, restarted and cut off. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { extract } from './recipes.js';
import { cutter } from './servers/cutter.js';
import { startPostgres } from './servers/postgres.js';

const LIMIT_MS = 60_000;
const limit = { timeout: 120_000 };

let server;
let recipe;
let instances = 0;
const open = [];

before(async () => {
  recipe = await extract(['postgres.md']);
  server = await startPostgres();
});
after(async () => {
  await server?.dispose();
  recipe?.remove();
});
afterEach(() => Promise.all(open.splice(0).map((end) => end())));

/** The module of the recipe, as a process of its own would have it, with the tables that the tests use. */
async function database(url = server.database()) {
  process.env.DATABASE_URL = url;
  const module = await recipe.load('database.js', ++instances);
  open.push(module.close);
  return module;
}

async function withTables(url) {
  const module = await database(url);
  await module.pool.query(
    `create table if not exists transactions (id uuid primary key, at timestamptz not null default now());
     create table if not exists orders (n int primary key);
     create table if not exists counter (id int primary key, value int not null)`,
  );
  await module.pool.query('insert into counter values (1, 0), (2, 0) on conflict do nothing');
  return module;
}

/** Polls until it holds. */
async function until(holds) {
  for (const end = Date.now() + LIMIT_MS; !(await holds()); ) {
    assert.ok(Date.now() < end, `still not: ${holds}`);
    await sleep(20);
  }
}

/** A client beside the recipe's. */
async function beside(url, use) {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const order = (n) => async (client) => {
  await client.query('insert into orders values ($1)', [n]);
  await client.query('update counter set value = value + 1 where id = 1');
  return n;
};

test(
  'killed in the middle and restarted: nothing committed is lost, nothing is doubled',
  limit,
  async () => {
    const { transaction, OutcomeUnknownError, read } = await withTables();
    const ends = new Map();
    let next = 0;
    let done = false;
    const work = async () => {
      while (!done) {
        const n = ++next;
        await transaction(order(n), { timeout: '30s' }).then(
          () => ends.set(n, 'committed'),
          (error) => ends.set(n, error),
        );
        if (ends.get(n) !== 'committed') await sleep(20);
      }
    };
    const workers = Array.from({ length: 8 }, work);
    const stop = async () => {
      done = true;
      await Promise.all(workers);
    };
    open.push(stop);
    const committed = () => [...ends.values()].filter((end) => end === 'committed').length;
    await until(() => committed() > 50);
    await server.kill();
    await sleep(100);
    await server.start();
    const before = committed();
    await until(() => committed() > before + 50);
    await stop();

    const rows = await read('select n from orders');
    const written = new Set(rows.map(({ n }) => n));
    let unknown = 0;
    for (const [n, end] of ends) {
      if (end === 'committed') assert.ok(written.has(n), `${n} was lost`);
      else if (end instanceof OutcomeUnknownError) unknown++;
      else assert.ok(!written.has(n), `${n} was committed, and rejected with ${end}`);
    }
    const [{ value }] = await read('select value from counter where id = 1');
    assert.equal(value, written.size);
    assert.equal(ends.size, next);
    assert.ok(unknown <= 8);
  },
);

test(
  'a connection that breaks after COMMIT: the transaction is done once, and its result returned',
  limit,
  async () => {
    const way = await cutter(server.database());
    open.push(way.close);
    const { transaction, read } = await withTables(way.url);
    way.cut('commit\0'); // and not the level "read committed"
    assert.equal(await transaction(order(1)), 1);
    assert.equal(way.cuts, 1);
    assert.deepEqual(await read('select n from orders'), [{ n: 1 }]);
    assert.deepEqual(await read('select value from counter where id = 1'), [{ value: 1 }]);
  },
);

test(
  'a connection that breaks before COMMIT: the whole transaction is run again',
  limit,
  async () => {
    const way = await cutter(server.database());
    open.push(way.close);
    const { transaction, read } = await withTables(way.url);
    way.cut('update counter');
    let runs = 0;
    await transaction((client) => {
      runs++;
      return order(1)(client);
    });
    assert.deepEqual([runs, way.cuts], [2, 1]);
    assert.deepEqual(await read('select value from counter where id = 1'), [{ value: 1 }]);
  },
);

test(
  'COMMIT without an answer, and then no server: the outcome is unknown, and is called that',
  limit,
  async () => {
    const way = await cutter(server.database());
    const { transaction, OutcomeUnknownError, ConnectionError } = await withTables(way.url);
    open.push(way.close);
    way.cut('commit\0', { forGood: true }); // and not the level "read committed"
    await assert.rejects(transaction(order(1), { timeout: '4s' }), OutcomeUnknownError);
    assert.equal(way.cuts, 1);
    // Without a COMMIT there is no doubt.
    const certain = (error) =>
      error instanceof ConnectionError || error.code === 'ERR_CIRCUIT_OPEN';
    await assert.rejects(transaction(order(2)), certain);
  },
);

test('no server at the start: calls say so, and succeed when it is there', limit, async () => {
  const url = server.database();
  await server.stop();
  const { read, ConnectionError } = await database(url);
  await assert.rejects(
    read('select 1', [], { timeout: '100ms' }),
    (error) => error instanceof ConnectionError || error.code === 'ERR_TIMEOUT',
  );
  const waiting = until(async () => {
    const end = await read('select 1 as one').catch((error) => error);
    if (Array.isArray(end)) return end[0].one === 1;
    assert.ok(end instanceof ConnectionError || /^(57P03|ERR_CIRCUIT_OPEN)$/.test(end.code), end);
    return false;
  });
  await Promise.all([server.start(), waiting]);
});

test(
  'constraints and mistakes are answers: not repeated, and the breaker stays closed',
  limit,
  async () => {
    const { transaction, read, database: calls } = await withTables();
    await transaction(order(1));
    let runs = 0;
    for (let i = 0; i < 30; i++) {
      const twice = transaction((client) => {
        runs++;
        return order(1)(client);
      });
      await assert.rejects(twice, { code: '23505' });
      await assert.rejects(read('select nothing'), { code: '42703' });
    }
    assert.equal(runs, 30);
    assert.equal(calls.snapshot().policies.circuit_breaker.state, 'closed');
    const mine = new RangeError('mine');
    await assert.rejects(
      transaction(async (client) => {
        await order(2)(client);
        throw mine;
      }),
      (error) => error === mine,
    );
    assert.deepEqual(await read('select n from orders'), [{ n: 1 }]);
  },
);

test('work that goes on after an error of the database is no success', limit, async () => {
  const { transaction, read } = await withTables();
  await transaction(order(1));
  const swallowed = transaction(async (client) => {
    await client.query('insert into orders values (2)');
    await client.query('insert into orders values (1)').catch(() => {});
  });
  await assert.rejects(swallowed, /rolled back/);
  assert.deepEqual(await read('select n from orders'), [{ n: 1 }]);
});

test('a deadlock: both transactions are committed', limit, async () => {
  const { transaction, read } = await withTables();
  let begun = 0;
  let runs = 0;
  const cross = (first, second) =>
    transaction(async (client) => {
      runs++;
      begun++;
      const add = 'update counter set value = value + 1 where id = $1';
      await client.query(add, [first]);
      if (runs <= 2) await until(() => begun >= 2); // both hold what the other wants
      await client.query(add, [second]);
    });
  await Promise.all([cross(1, 2), cross(2, 1)]);
  assert.ok(runs > 2);
  assert.deepEqual(await read('select value from counter order by id'), [
    { value: 2 },
    { value: 2 },
  ]);
});

test('serialization failures: each step counts once', limit, async () => {
  const { transaction, read } = await withTables();
  let runs = 0;
  const step = async (client) => {
    runs++;
    const { rows } = await client.query('select value from counter where id = 1');
    if (runs <= 4) await until(() => runs >= 4); // the first four see the same
    await client.query('update counter set value = $1 where id = 1', [rows[0].value + 1]);
  };
  await Promise.all(
    Array.from({ length: 4 }, () => transaction(step, { isolation: 'serializable' })),
  );
  assert.ok(runs > 4);
  assert.deepEqual(await read('select value from counter where id = 1'), [{ value: 4 }]);
});

test(
  'a query that is given up ends on the server, and its client does not come back',
  limit,
  async () => {
    const url = server.database();
    const { read, transaction, pool } = await withTables(url);
    const name = new URL(url).pathname.slice(1);
    const running = () =>
      beside(server.url, async (client) => {
        const { rows } = await client.query(
          "select pid from pg_stat_activity where datname = $1 and query like '%pg_sleep(77)%'",
          [name],
        );
        return rows.map(({ pid }) => pid);
      });
    const abort = new AbortController();
    const reading = read('select pg_sleep(77)', [], { signal: abort.signal });
    const sleeping = async (client) => {
      await client.query('set local statement_timeout = 0'); // so that nothing but the cancellation ends it
      await client.query('select pg_sleep(77)');
    };
    const writing = transaction(sleeping, { signal: abort.signal });
    await until(async () => (await running()).length === 2);
    const reason = new Error('enough');
    abort.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
    await assert.rejects(writing, (error) => error === reason);
    await until(async () => (await running()).length === 0);
    await until(() => pool.totalCount === pool.idleCount);
    await assert.rejects(read('select pg_sleep(77)', [], { timeout: '200ms' }), {
      code: 'ERR_TIMEOUT',
    });
    await until(async () => (await running()).length === 0);
    assert.deepEqual(await read('select 1 as one'), [{ one: 1 }]);
  },
);

test(
  'the statement timeout of a transaction is the time that its attempt has left',
  limit,
  async () => {
    const { transaction } = await withTables();
    const allowed = (options) =>
      transaction(async (client) => {
        const { rows } = await client.query(
          "select setting::int as ms from pg_settings where name = 'statement_timeout'",
        );
        return rows[0].ms;
      }, options);
    const usual = await allowed();
    assert.ok(usual > 2_000 && usual <= 5_000, `${usual}`);
    const short = await allowed({ timeout: '2s' });
    assert.ok(short > 0 && short <= 2_000, `${short}`);
  },
);

test(
  'more calls than clients wait in the bulkhead, not in the pool, and the last are refused',
  limit,
  async () => {
    const { read, pool, database: calls } = await database();
    const waiting = () => pool.waitingCount;
    let most = 0;
    const ends = await Promise.allSettled(
      Array.from({ length: 130 }, async (_, i) => {
        const rows = read('select pg_sleep(0.02)');
        most = Math.max(most, waiting());
        await rows;
        return i;
      }),
    );
    const refused = ends.filter(({ status }) => status === 'rejected');
    assert.ok(refused.length >= 20, `${refused.length}`); // on a slow machine, some wait too long
    assert.ok(refused.every(({ reason }) => reason.code === 'ERR_BULKHEAD_FULL'));
    assert.equal(most, 0);
    assert.ok(pool.totalCount <= 10);
    assert.equal(calls.snapshot().policies.bulkhead.inFlight, 0);
  },
);

test('a server that has become read-only is asked again over a new connection', limit, async () => {
  const url = server.database();
  const { transaction, read } = await withTables(url);
  const name = new URL(url).pathname.slice(1);
  const readOnly = (value) =>
    beside(server.url, (client) =>
      client.query(`alter database ${name} set default_transaction_read_only = ${value}`),
    );
  await transaction(order(1));
  const pids = () => read('select pg_backend_pid() as pid');
  await readOnly('on');
  // As after a failover: connections from now on, and those that are there, cannot write.
  await beside(server.url, (client) =>
    client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      name,
    ]),
  );
  const [before] = await pids();
  const sent = transaction(order(2));
  await sleep(50);
  await readOnly('off');
  await sent;
  const [afterwards] = await pids();
  assert.notEqual(afterwards.pid, before.pid);
  assert.deepEqual(await read('select n from orders order by n'), [{ n: 1 }, { n: 2 }]);
});
