/**
 * Three services, each a process of its own: orders (REST), payments (gRPC) and shipping (behind a queue, a real RabbitMQ). One after the
 * other, and the queue too, is killed, slowed and made to answer nonsense. The others keep serving within their deadlines, the map and
 * the health reports show what is wrong, and no order is lost.
 *
 * With DRAW=1 it writes the maps that docs/registry-map.md shows.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from 'amqplib';
import { joinMaps, mapToSvg, ServiceContractError } from 'holdfast/services';
import { chargeOrder, dead, queue } from './three-services/contract.js';
import { callers, getJson, startAll } from './three-services/stage.js';

const drawing = process.env.DRAW !== undefined;
const drawings = fileURLToPath(new URL('../../docs/registry/', import.meta.url));

/** How many times everything is asked while a service is in trouble. */
const ROUNDS = 15;
const RECOVERY_MS = 30_000;
const RAMP_MS = 1_100;
/** The deadlines of the calls below are 4 s at most. On a busy machine, an answer in time may be seen late. */
const SEEN_LATE_MS = 1_500;

/** How a call ended, and after how long. */
async function timed(call) {
  const began = performance.now();
  const [result] = await Promise.allSettled([call()]);
  return { ...result, ms: performance.now() - began };
}

const until = async (what, holds) => {
  const end = performance.now() + RECOVERY_MS;
  for (;;) {
    const fault = await holds().catch((error) => error.message ?? String(error));
    if (fault === undefined) return;
    assert.ok(performance.now() < end, `${what}: ${fault}`);
    await sleep(100);
  }
};

test('what is left of three services and a queue keeps serving while one of them is in trouble', async (t) => {
  const undo = [];
  try {
    const { rabbitmq, services, addresses } = await startAll(undo);
    const { own, orders, shipping, payments } = callers(addresses, undo);

    const created = new Set();
    let known;
    /** Asks everything once: each answer by the service that it is of. */
    async function round() {
      const [order, charged, shipment, through] = await Promise.all([
        timed(() => orders.create({ body: { sku: 42 } })),
        timed(() => chargeOrder(payments, { id: 'direct', sku: 7 })),
        timed(() => shipping.shipment({ params: { id: known ?? 'none' } })),
        timed(() => orders.shipment({ params: { id: known ?? 'none' } })),
      ]);
      if (order.status === 'fulfilled') created.add(order.value.id);
      return { orders: [order, through], payments: [charged], shipping: [shipment] };
    }
    const mapOf = async () => {
      const theirs = await Promise.all(
        Object.values(services).map(({ url }) => getJson(`${url}/map`).catch(() => undefined)),
      );
      const ours = await own.map({ service: 'shop' });
      return joinMaps(ours, ...theirs.filter((each) => each !== undefined));
    };
    /** Whether each answers well, and every breaker lets all calls in. */
    const isServed = async () => {
      const shut = (await mapOf()).edges.find(({ state = 'closed' }) => state !== 'closed');
      const { orders, payments, shipping } = await round();
      for (const [name, answers] of Object.entries({ orders, payments, shipping }))
        for (const { status, reason } of answers)
          if (status === 'rejected') return `${name}: ${reason}`;
      const [{ value }] = orders;
      if (value.payment !== 'charged') return `the order is ${value.payment}`;
      if (value.shipping !== 'queued') return `the order is sent ${value.shipping}`;
      return shut && `${shut.from} finds the breaker of ${shut.member} ${shut.state}`;
    };
    const isShipped = async () => {
      for (const id of created) {
        const { state } = await shipping.shipment({ params: { id } });
        if (state !== 'shipped') return `order ${id} is ${state}`;
        known = id;
        created.delete(id);
      }
      return undefined;
    };
    /** Everybody serves again, and nothing that was ordered is lost. */
    async function healed() {
      await until('all serve', isServed);
      // Breakers that have closed ramp up.
      await sleep(RAMP_MS);
      await until('all serve', isServed);
      await until('all is shipped', isShipped);
    }
    const save = (name, map) => {
      if (!drawing) return;
      mkdirSync(drawings, { recursive: true });
      writeFileSync(join(drawings, `${name}.svg`), mapToSvg(map));
    };

    await healed();
    await mapOf();
    for (let i = 0; i < ROUNDS; i++) await round();
    await sleep(RAMP_MS);
    for (const { status, state } of (await mapOf()).edges)
      assert.ok(status === 'ok' && (state ?? 'closed') === 'closed', `${status}, ${state}`);
    save('three-services', await mapOf());

    for (const [victim, { faults }] of Object.entries(services)) {
      for (const [fault, { begin, end }] of Object.entries(faults)) {
        await t.test(`${victim} is ${fault}`, async () => {
          await begin();
          try {
            for (let i = 0; i < ROUNDS; i++) {
              const answers = await round();
              for (const [name, ofService] of Object.entries(answers)) {
                for (const { status, reason, value, ms } of ofService) {
                  const which = `${name} in round ${i}: ${JSON.stringify(value)} ${reason}`;
                  assert.ok(ms < 4_000 + SEEN_LATE_MS, `${which} after ${ms} ms`);
                  assert.equal(status, name === victim ? 'rejected' : 'fulfilled', which);
                }
              }
              const [order, through] = answers.orders;
              if (victim === 'payments') assert.equal(order.value.payment, 'pending');
              if (victim === 'shipping') assert.equal(through.value.state, 'unknown');
            }
            if (fault === 'nonsense' && victim !== 'payments') {
              const calls = victim === 'orders' ? orders.order : shipping.shipment;
              await until('the nonsense is told', async () => {
                const { reason } = await timed(() => calls({ params: { id: known } }));
                return reason instanceof ServiceContractError ? undefined : String(reason);
              });
            }
            let map;
            await until('the map shows it', async () => {
              await round();
              map = await mapOf();
              // Shipping asks for an order only when it has one to ship.
              const asked = map.edges.filter(
                ({ member, from }) =>
                  member === victim && (victim !== 'orders' || from === 'service:shop'),
              );
              assert.ok(asked.some(({ from }) => from === 'service:shop'));
              const fine = asked.find(({ status }) => status === 'ok');
              return fine && `${fine.from} finds ${victim} ok`;
            });
            assert.notEqual(own.health().dependencies[victim].status, 'ok');
            if (victim === 'payments' && fault === 'killed' && drawing) {
              await until('a breaker is open', async () => {
                await round();
                map = await mapOf();
                return map.edges.some(({ state }) => state === 'open') ? undefined : 'none is';
              });
              save('three-services-in-trouble', map);
            }
          } finally {
            await end();
          }
          await healed();
        });
      }
    }

    await t.test('the queue is killed', async () => {
      await rabbitmq.kill();
      try {
        for (let i = 0; i < ROUNDS; i++) {
          const answers = await round();
          for (const [name, ofService] of Object.entries(answers))
            for (const { status, reason } of ofService)
              assert.equal(status, 'fulfilled', `${name} in round ${i}: ${reason}`);
          assert.equal(answers.orders[0].value.shipping, 'later');
        }
      } finally {
        await rabbitmq.start();
      }
      await healed();
    });

    await t.test('the queue holds nonsense', async () => {
      const connection = await connect(rabbitmq.url);
      undo.push(() => connection.close().catch(() => {}));
      const channel = await connection.createConfirmChannel();
      const before = (await channel.checkQueue(dead)).messageCount;
      const nonsense = ['<h1>It works!</h1>', '7', '{"id":"nobody knows it"}', 'null'];
      for (const each of nonsense) channel.sendToQueue(queue, Buffer.from(each));
      await channel.waitForConfirms();
      await healed();
      await until('it is put aside', async () => {
        const { messageCount } = await channel.checkQueue(dead);
        const count = messageCount - before;
        return count === nonsense.length ? undefined : `${count} of ${nonsense.length}`;
      });
      await connection.close();
    });
  } finally {
    for (const each of undo.reverse()) await each();
  }
});
