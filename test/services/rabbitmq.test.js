/** What docs/recipes/rabbitmq.md promises, of its own code, while the broker is killed, restarted or not there. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { circuitBreaker, pipeline } from 'holdfast';
import { extract } from './recipes.js';
import { temporaryFolder } from './servers/process.js';
import { startRabbitmq } from './servers/rabbitmq.js';
import { emptied, files, firsts, ids, publishAll, stored, until } from './steps.js';

const DELAYS = [100, 300, 600];

let broker;
let folder;
let recipe;
let publisher;
let outbox;
let consumer;

before(async () => {
  broker = await startRabbitmq();
});
after(() => broker?.dispose());

beforeEach(async () => {
  folder = temporaryFolder('outbox');
  process.env['RABBITMQ_URL'] = broker.url;
  process.env['OUTBOX'] = join(folder.path, 'outbox');
  recipe = await started();
  ({ publisher, outbox, consumer } = recipe);
});
afterEach(async () => {
  await outbox.close();
  await onBroker(async (channel) => {
    for (const queue of queues()) await channel.deleteQueue(queue);
  });
  recipe.remove();
  folder.remove();
});

/** The recipe as a process has it that has just started: modules are loaded once for each folder. */
async function started(replaced = {}) {
  const { load, remove, folder } = await extract(['rabbitmq.md'], {
    '[1_000, 10_000, 60_000]': JSON.stringify(DELAYS),
    ...replaced,
  });
  return {
    publisher: await load('publisher.js'),
    outbox: await load('outbox.js'),
    consumer: await load('consumer.js'),
    remove,
    folder,
  };
}

const queues = () => [
  publisher.queue,
  publisher.dead,
  ...publisher.delays.map((delay) => publisher.waiting(delay)),
];

async function onBroker(use) {
  const connection = await connect(broker.url);
  try {
    const channel = await connection.createChannel();
    return await use(channel);
  } finally {
    await connection.close();
  }
}

/** Takes everything out of a queue: `[{ id, body, headers }]`, in order. */
const take = (queue) =>
  onBroker(async (channel) => {
    const messages = [];
    const { messageCount } = await channel.checkQueue(queue);
    await channel.consume(
      queue,
      ({ content, properties: { messageId, headers } }) => {
        messages.push({ id: messageId, body: `${content}`, headers });
      },
      { noAck: true },
    );
    await until(`${messageCount} messages`, () => messages.length >= messageCount);
    return messages;
  });

test('the broker is killed and restarted while it is published to: nothing confirmed is lost', async () => {
  const all = ids(2_000);
  let safe = 0;
  let restarted;
  await publishAll(outbox.publish, all, 100, () => {
    if (++safe === 700) restarted = broker.kill().then(() => broker.start());
  });
  assert.equal(safe, all.length);
  assert.ok(stored() > 0, 'the outbox was needed');
  await restarted;
  await until('the outbox is empty', emptied);
  const queued = await take(publisher.queue);
  assert.deepEqual(firsts(queued).sort(), all.sort());
  assert.ok(
    queued.length < all.length + 500,
    `at most what was unconfirmed is doubled: ${queued.length}`,
  );
});

test('the broker is killed and restarted while it is consumed from: every message is done, and a copy is not done again', async () => {
  const all = ids(1_000);
  await publishAll(outbox.publish, all, 100);
  let deliveries = 0;
  let inside = 0;
  let most = 0;
  let restarted;
  const done = new Set();
  const { stop } = await consumer.consume(async ({ id }) => {
    if (++deliveries === 300) restarted = broker.kill().then(() => broker.start());
    most = Math.max(most, ++inside);
    await sleep(1);
    inside--;
    done.add(id);
  });
  await until('all are done', () => done.size === all.length);
  assert.ok(deliveries > all.length, 'some came again');
  await restarted;
  await stop();
  assert.equal(most, 10);
  assert.deepEqual([...done].sort(), all.sort());
  assert.deepEqual(await take(publisher.queue), []);
  assert.deepEqual(await take(publisher.dead), []);
});

test('a consumer is killed in the middle: what it had begun is done by another', async () => {
  const all = ids(30);
  await publishAll(outbox.publish, all, 30);
  const program = join(recipe.folder, 'dying.js');
  writeFileSync(
    program,
    `import { consume } from './consumer.js';
    await consume((message) => {
      process.send(message.id);
      return new Promise(() => {});
    });`,
  );
  const child = fork(program);
  const begun = new Set();
  child.on('message', (id) => begun.add(id));
  try {
    await until('it has begun', () => begun.size === 10);
  } finally {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  const done = new Set();
  const { stop } = await consumer.consume(async ({ id }) => done.add(id));
  await until('all are done', () => done.size === all.length);
  await stop();
  assert.deepEqual([...done].sort(), all.sort());
});

test('a broker that is not there at the start: a clear error, and the outbox keeps the order', async () => {
  await broker.stop();
  const lone = { content: Buffer.from('1'), messageId: 'lone' };
  await assert.rejects(publisher.send('orders', lone), { code: 'ECONNREFUSED' });
  const { stop } = await consumer.consume(async () => {});
  await stop(); // it never began

  const all = ids(200);
  for (const id of all.slice(0, 100)) await outbox.publish({ id, body: id });
  appendFileSync(process.env['OUTBOX'], '\n{"id":"cut o'); // a crash
  for (const id of all.slice(100, 150)) await outbox.publish({ id, body: id });
  assert.equal(stored(), 151);
  await broker.start();
  for (const id of all.slice(150)) await outbox.publish({ id, body: id });
  await until('the outbox is empty', emptied);
  await outbox.publish({ id: 'last', body: 'last' });
  const queued = await take(publisher.queue);
  assert.deepEqual(
    queued.map(({ id }) => id),
    [...all, 'last'],
  );
  assert.equal(queued[0].body, '"order-0"');
});

test('what a process left in its outbox is sent by the next one, first', async () => {
  const line = (id) => `\n${JSON.stringify({ id, body: id })}`;
  const [file, leaving] = files();
  writeFileSync(leaving, ids(3, 'old').map(line).join(''));
  writeFileSync(file, ids(2, 'new').map(line).join(''));
  const next = await started();
  await next.outbox.publish({ id: 'newest', body: 1 });
  await until('the outbox is empty', emptied);
  await next.outbox.close();
  next.remove();
  const queued = await take(publisher.queue);
  assert.deepEqual(
    queued.map(({ id }) => id),
    [...ids(3, 'old'), ...ids(2, 'new'), 'newest'],
  );
});

test('a broker that hangs: the outbox takes what is not confirmed in time', async () => {
  await outbox.publish({ id: 'before', body: 1 });
  broker.pause();
  try {
    await publishAll(outbox.publish, ids(20), 20);
    assert.equal(stored(), 20);
  } finally {
    broker.resume();
  }
  await until('the outbox is empty', emptied);
  assert.deepEqual(firsts(await take(publisher.queue)).sort(), [...ids(20), 'before'].sort());
});

test('a nack is retried, and a message that no queue takes is an error', async () => {
  // Without jitter, five retries wait 2.5 s: enough to empty a queue in, whatever the machine.
  const steady = await started({ "maxDelay: '1s' }": "maxDelay: '1s', jitter: 'none' }" });
  const send = (messageId) =>
    steady.publisher.send('full', { content: Buffer.from('1'), messageId });
  const full = { durable: true, arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } };
  await onBroker((channel) => channel.assertQueue('full', full));
  await send('first');
  const [taken] = await Promise.all([take('full'), send('second')]);
  assert.deepEqual(firsts([...taken, ...(await take('full'))]), ['first', 'second']);

  await send('third');
  const sentAt = performance.now();
  await assert.rejects(send('fourth'), /message nacked/);
  assert.ok(performance.now() - sentAt >= 700, 'it is tried again, more than once');
  await onBroker((channel) => channel.deleteQueue('full'));
  await assert.rejects(send('fifth'), /there is no queue full/);
  await steady.outbox.close();
  steady.remove();
});

test('what cannot be sent is an error, and does not stop what comes after it', async () => {
  const loop = { id: 'loop' };
  loop.body = loop;
  await assert.rejects(outbox.publish(loop), TypeError);
  await assert.rejects(outbox.publish({ id: 'long', body: 'x'.repeat(1_000_000) }), RangeError);
  await outbox.publish({ id: 'empty', body: undefined });
  assert.deepEqual(firsts(await take(publisher.queue)), ['empty']);
});

test('a failing message comes again after growing delays, and then lies in the dead-letter queue', async () => {
  const times = new Map();
  const { stop } = await consumer.consume(async ({ id }) => {
    times.set(id, [...(times.get(id) ?? []), performance.now()]);
    if (id === 'poison') throw new consumer.Poison('no');
    if (id === 'bad' || (id === 'shaky' && times.get(id).length < 3)) throw new Error('secret');
  });
  for (const id of ['bad', 'shaky', 'poison', 'good']) await outbox.publish({ id, body: { id } });
  await publisher.send(publisher.queue, { content: Buffer.from('{"no'), messageId: 'torn' });
  await publisher.send(publisher.queue, { content: Buffer.from('1') });

  let dead = [];
  await until('four are dead', async () => {
    dead.push(...(await take(publisher.dead)));
    return dead.length >= 4;
  });
  await until('one is well again', () => times.get('shaky').length === 3);
  await stop();
  dead = Object.fromEntries(dead.map((message) => [message.id, message]));
  assert.deepEqual(Object.keys(dead).sort(), ['bad', 'poison', 'torn', 'undefined']);
  assert.equal(dead.undefined.headers.reason, 'no id');
  assert.equal(dead.bad.headers['x-attempt'], 4);
  assert.equal(dead.bad.headers.reason, 'Error');
  assert.equal(dead.bad.body, '{"id":"bad"}');
  assert.equal(dead.torn.body, '{"no');
  assert.doesNotMatch(JSON.stringify(dead), /secret/);
  const of = times.get('bad');
  const gaps = of.slice(1).map((time, at) => time - of[at]);
  assert.equal(gaps.length, DELAYS.length);
  for (const [at, gap] of gaps.entries()) assert.ok(gap >= DELAYS[at] - 5, `${gaps}`);
  assert.deepEqual(
    [times.get('poison').length, times.get('good').length, times.has('torn')],
    [1, 1, false],
  );
  assert.deepEqual(await take(publisher.queue), []);
});

test('a dependency that refuses costs a message no attempt', async () => {
  const breaker = circuitBreaker();
  const dependency = pipeline('dependency', breaker);
  const handle = breaker.isolate();
  let refused = 0;
  let done = 0;
  const { stop } = await consumer.consume(async () => {
    if (++refused === DELAYS.length + 3) handle.release();
    await dependency.execute(async () => done++);
  });
  await outbox.publish({ id: 'patient', body: 1 });
  await until('it is done', () => done === 1);
  await stop();
  assert.equal(refused, DELAYS.length + 3);
  assert.deepEqual(await take(publisher.dead), []);
});

test('a queue to wait in that is gone: the message is handled once, and waits until the queue is back', async () => {
  const wait = publisher.waiting(DELAYS[0]);
  await outbox.publish({ id: 'patient', body: 1 });
  await publisher.send(publisher.queue); // the queues are declared
  let away = 0;
  let gone = false;
  let back = false;
  let done = 0;
  const { stop } = await consumer.consume(async () => {
    if (back) return void done++;
    away++;
    await onBroker((channel) => channel.deleteQueue(wait));
    gone = true;
    throw new Error('no');
  });
  await until('the queue is gone', () => gone);
  const content = Buffer.from('1');
  for (let refused = 0; refused < 4; refused++) {
    await assert.rejects(publisher.send(wait, { content, messageId: `probe-${refused}` }));
    await sleep(1_000); // an attempt of the consumer
  }
  back = true;
  await onBroker((channel) => publisher.declareQueues(channel));
  await until('it is done', () => done === 1);
  await stop();
  assert.equal(away, 1);
  assert.deepEqual(await take(publisher.dead), []);
});

test('a message that kills its consumers ends in the dead-letter queue, and can be put back from there', async () => {
  await outbox.publish({ id: 'deadly', body: 1 });
  for (let death = 0; ; death++) {
    // The connection of a process that dies takes no leave.
    const found = await onBroker((channel) => channel.get(publisher.queue));
    if (found === false) break;
    assert.ok(death <= 20, 'it comes again and again');
  }
  await until('it is dead, and put back with all of its headers, as the shovel plugin does', () =>
    onBroker(async (channel) => {
      const found = await channel.get(publisher.dead, { noAck: true });
      if (found === false) return false;
      assert.equal(found.properties.messageId, 'deadly');
      assert.ok(found.properties.headers['x-death']);
      channel.sendToQueue(publisher.queue, found.content, found.properties);
      await channel.checkQueue(publisher.queue); // it has arrived
      return true;
    }),
  );
  let handled = 0;
  const { stop } = await consumer.consume(async () => {
    if (++handled === 1) throw new Error('no');
  });
  await until('it is done', () => handled === 2);
  await stop();
});

test('stop() finishes what has begun, and gives back what does not end', async () => {
  const begun = new Set();
  let release;
  const gate = new Promise((resolve) => {
    release = resolve;
  });
  await publishAll(outbox.publish, ids(30), 30);
  const { stop } = await consumer.consume(async ({ id }, signal) => {
    begun.add(id);
    await (id === [...begun][0]
      ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      : gate);
  });
  await until('ten have begun', () => begun.size === 10);
  const stopped = stop('1s');
  release();
  await stopped;
  assert.equal(begun.size, 10);
  const [hanging, ...finished] = begun;
  const left = firsts(await take(publisher.queue));
  assert.equal(left.length, 21);
  assert.ok(left.includes(hanging));
  for (const id of finished) assert.ok(!left.includes(id));
});

test('close() waits for what is being confirmed, and what comes later is in the outbox', async () => {
  const early = publishAll(outbox.publish, ids(500), 500);
  await outbox.close();
  await early;
  await outbox.publish({ id: 'late', body: 1 });
  assert.ok(stored() >= 1);
  const next = await started();
  await until('the outbox is empty', emptied);
  await next.outbox.close();
  next.remove();
  assert.deepEqual(firsts(await take(publisher.queue)).sort(), [...ids(500), 'late'].sort());
});
