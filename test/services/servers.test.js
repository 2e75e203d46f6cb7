/** The servers that the other tests start: they come back with their data, and leave nothing behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startPostgres } from './servers/postgres.js';
import { Child, started } from './servers/process.js';
import { startRedis } from './servers/redis.js';

const folders = () =>
  readdirSync(tmpdir()).filter((name) => /^holdfast-(redis|postgres)-/.test(name));

async function withRedis(url, use) {
  const client = new Redis(url, { retryStrategy: () => null });
  client.on('error', () => {}); // what is asked of it fails, too
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

async function withPostgres(url, use) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const kinds = [
  {
    start: startRedis,
    write: (url) => withRedis(url, (client) => client.set('kept', 'yes')),
    read: (url) => withRedis(url, (client) => client.get('kept')),
  },
  {
    start: startPostgres,
    write: (url) =>
      withPostgres(url, (client) => client.query("create table kept as select 'yes' as it")),
    read: (url) =>
      withPostgres(url, async (client) => (await client.query('table kept')).rows[0].it),
  },
];

for (const { start, write, read } of kinds) {
  test(`${start.name}: killed and started again, it has its data; then nothing is left`, async () => {
    const before = folders();
    const server = await start();
    try {
      await write(server.url);
      await server.kill();
      await assert.rejects(read(server.url));
      await server.start();
      assert.equal(await read(server.url), 'yes');
    } finally {
      await server.dispose();
    }
    await assert.rejects(read(server.url));
    assert.deepEqual(folders(), before);
  });
}

test('a server that cannot start says why', async () => {
  const failing = () => new Child('sh', ['-c', 'echo the disk is full >&2; exit 3']);
  const server = { name: 'it', url: '', run: failing, answers: async () => false };
  await assert.rejects(started(server), /it ended:\nthe disk is full/);
  const nowhere = () => new Child('no-such-server', []);
  await assert.rejects(started({ ...server, run: nowhere }), /it ended:\n.*ENOENT/);
});
