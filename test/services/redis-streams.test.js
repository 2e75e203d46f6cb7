/** What docs/recipes/redis-streams.md promises, of its own code, while Redis is killed, restarted or not there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { circuitBreaker, pipeline } from 'holdfast';
import { Redis } from 'ioredis';
import { extract } from './recipes.js';
import { temporaryFolder } from './servers/process.js';
import { startRedis } from './servers/redis.js';
import { emptied, firsts, ids, publishAll, stored, until } from './steps.js';

const DELAYS = [200, 700, 1_200];
const ABANDONED = 800;

let server;
let folder;
let recipe;
let publisher;
let outbox;
let consumer;
let redis;

before(async () => {
  server = await startRedis();
});
after(() => server?.dispose());

beforeEach(async () => {
  server.clear();
  folder = temporaryFolder('outbox');
  process.env['REDIS_URL'] = server.url;
  process.env['OUTBOX'] = join(folder.path, 'outbox');
  recipe = await extract(['rabbitmq.md', 'redis-streams.md'], {
    '= [1_000, 10_000, 60_000]; // before': `= ${JSON.stringify(DELAYS)}; // before`,
    'abandoned = 60_000': `abandoned = ${ABANDONED}`,
  });
  publisher = await recipe.load('publisher.js');
  outbox = await recipe.load('outbox.js');
  consumer = await recipe.load('consumer.js');
  redis = new Redis(server.url);
  redis.on('error', () => {});
});
afterEach(async () => {
  await outbox.close();
  redis.disconnect();
  recipe.remove();
  folder.remove();
});

/** What lies in a stream, in order: objects of its fields. */
const read = async (stream) =>
  (await redis.xrange(stream, '-', '+')).map(([, fields]) =>
    Object.fromEntries(
      fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : [])),
    ),
  );
const dead = () => read(`${publisher.queue}.dead`);

test('Redis is killed and restarted while it is published to: nothing confirmed is lost', async () => {
  const all = ids(3_000);
  let safe = 0;
  let restarted;
  await publishAll(outbox.publish, all, 100, () => {
    if (++safe === 1_000)
      restarted = server
        .kill()
        .then(() => sleep(2_000))
        .then(server.start);
  });
  await restarted;
  await until('the outbox is empty', emptied);
  const added = await read(publisher.queue);
  assert.deepEqual(firsts(added).sort(), all.sort());
  assert.ok(
    added.length < all.length + 500,
    `at most what was unconfirmed is doubled: ${added.length}`,
  );
});

test('Redis is killed and restarted while it is consumed from: every message is done', async () => {
  const all = ids(1_000);
  await publishAll(outbox.publish, all, 100);
  let begun = 0;
  let inside = 0;
  let most = 0;
  let restarted;
  const done = new Set();
  const { stop } = consumer.consume(async ({ id }) => {
    if (++begun === 300) restarted = server.kill().then(server.start);
    most = Math.max(most, ++inside);
    await sleep(1);
    inside--;
    done.add(id);
  });
  await until('all are done', () => done.size === all.length);
  await restarted;
  await until('nothing is left', async () => (await redis.xlen(publisher.queue)) === 0);
  await stop();
  assert.equal(most, 10);
  assert.deepEqual(await dead(), []);
});

test('a Redis that is not there at the start: a clear error, and the outbox keeps the order', async () => {
  await server.stop();
  const lone = { content: Buffer.from('1'), messageId: 'lone' };
  let error;
  await until('an attempt to connect has failed', async () => {
    error = await publisher.send(publisher.queue, lone).catch((reason) => reason);
    assert.equal(error.message, 'no connection to Redis');
    return error.cause !== undefined;
  });
  assert.equal(error.cause.code, 'ECONNREFUSED');
  const done = [];
  const { stop } = consumer.consume(async ({ id }) => done.push(id));
  for (const id of ids(50)) await outbox.publish({ id, body: id });
  assert.equal(stored(), 50);
  await server.start();
  await until('all are done', () => done.length === 50);
  await stop();
  assert.deepEqual(done, ids(50));
});

test('what a consumer left that died is taken over', async () => {
  const { queue, send } = publisher;
  await send(queue, { content: Buffer.from('1'), messageId: 'left' });
  await redis.xgroup('CREATE', queue, 'workers', '0');
  await redis.xreadgroup('GROUP', 'workers', 'dying', 'COUNT', 10, 'STREAMS', queue, '>');
  const done = [];
  const { stop } = consumer.consume(async ({ id }) => done.push(id));
  await until('it is done', () => done.length === 1);
  await stop();
  assert.deepEqual(done, ['left']);
  assert.equal(await redis.xlen(queue), 0);
});

test('a message that kills its consumers ends among the dead', async () => {
  const { queue, send } = publisher;
  await send(queue, { content: Buffer.from('1'), messageId: 'deadly' });
  await redis.xgroup('CREATE', queue, 'workers', '0');
  await redis.xreadgroup('GROUP', 'workers', 'dying', 'COUNT', 10, 'STREAMS', queue, '>');
  for (let death = 0; death < 19; death++)
    await redis.xautoclaim(queue, 'workers', 'dying', 0, '0-0');
  const done = [];
  const { stop } = consumer.consume(async ({ id }) => done.push(id));
  await until('it is dead', async () => (await dead()).length === 1);
  await stop();
  assert.deepEqual(done, []);
});

test('a failing message comes again after growing delays, and then lies among the dead', async () => {
  const times = new Map();
  const { stop } = consumer.consume(async ({ id }) => {
    times.set(id, [...(times.get(id) ?? []), performance.now()]);
    if (id === 'poison') throw new consumer.Poison('no');
    if (id === 'bad' || (id === 'shaky' && times.get(id).length < 3)) throw new Error('secret');
  });
  for (const id of ['bad', 'shaky', 'poison', 'good']) await outbox.publish({ id, body: { id } });
  await publisher.send(publisher.queue, { content: Buffer.from('{"no'), messageId: 'torn' });
  await until('three are dead', async () => (await dead()).length === 3);
  await until('one is well again', () => times.get('shaky').length === 3);
  await stop();
  const buried = Object.fromEntries((await dead()).map((message) => [message.id, message]));
  assert.deepEqual(Object.keys(buried).sort(), ['bad', 'poison', 'torn']);
  assert.deepEqual(buried.bad, { id: 'bad', body: '{"id":"bad"}', attempt: '4', reason: 'Error' });
  assert.equal(buried.torn.body, '{"no');
  assert.doesNotMatch(JSON.stringify(buried), /secret/);
  const of = times.get('bad');
  const gaps = of.slice(1).map((time, at) => time - of[at]);
  assert.equal(gaps.length, DELAYS.length);
  for (const [at, gap] of gaps.entries()) assert.ok(gap >= DELAYS[at] - 5, `${gaps}`);
  assert.deepEqual(
    [times.get('poison').length, times.get('good').length, times.has('torn')],
    [1, 1, false],
  );
  assert.equal(await redis.xlen(publisher.queue), 0);
  assert.equal(await redis.zcard(`${publisher.queue}.delayed`), 0);
});

test('a dependency that refuses costs a message no attempt', async () => {
  const breaker = circuitBreaker();
  const dependency = pipeline('dependency', breaker);
  const handle = breaker.isolate();
  let refused = 0;
  let done = 0;
  const { stop } = consumer.consume(async () => {
    if (++refused === DELAYS.length + 3) handle.release();
    await dependency.execute(async () => done++);
  });
  await outbox.publish({ id: 'patient', body: 1 });
  await until('it is done', () => done === 1);
  await stop();
  assert.equal(refused, DELAYS.length + 3);
  assert.deepEqual(await dead(), []);
});

test('stop() finishes what has begun, and leaves what does not end to another consumer', async () => {
  const begun = new Set();
  let release;
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  await publishAll(outbox.publish, ids(30), 30);
  const first = consumer.consume(async ({ id }, signal) => {
    begun.add(id);
    const hanging = id === [...begun][0];
    const aborted = (_, reject) => signal.addEventListener('abort', () => reject(signal.reason));
    await (hanging ? new Promise(aborted) : gate);
  });
  await until('ten have begun', () => begun.size === 10);
  const stopped = first.stop('1s');
  release();
  await stopped;
  assert.equal(begun.size, 10);
  assert.equal(await redis.xlen(publisher.queue), 21);
  const done = new Set();
  const second = consumer.consume(async ({ id }) => done.add(id));
  await until('the others are done', () => done.size === 21);
  await second.stop();
  assert.ok(done.has([...begun][0]));
  assert.deepEqual([...new Set([...begun, ...done])].sort(), ids(30).sort());
});
