/** The service of shipping: takes orders out of the queue, asks what they are, and ships them. REST tells how far it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { bulkhead, circuitBreaker, pipeline, timeout } from 'holdfast';
import { defineService, ServiceContractError, ServiceError } from 'holdfast/services';
import { dead, orders as ordersAt, queue } from './contract.js';
import { journal, serve } from './served.js';

const { PORT, ORDERS_URL, RABBITMQ_URL, JOURNAL } = process.env;

const orders = defineService('orders', ordersAt(ORDERS_URL));
const handling = pipeline(
  { name: 'orders-queue', registry: true },
  bulkhead({ maxConcurrent: 10 }),
  circuitBreaker({ dryRun: true }),
  timeout('5s'),
);

const book = journal(JOURNAL);
const shipped = new Set(book.entries.map(({ id }) => id));

async function ship({ id }) {
  if (shipped.has(id)) return;
  await orders.order({ params: { id } });
  book.write({ id });
  shipped.add(id);
}

/** A message that no attempt can help: what is no order, and an order that nobody knows. */
const isPoison = (error) =>
  error instanceof SyntaxError ||
  error instanceof TypeError ||
  (error instanceof ServiceContractError && error.side === 'request') ||
  (error instanceof ServiceError && error.status === 404);

async function setup(connection) {
  connection.on('error', () => {});
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  await channel.assertQueue(dead, { durable: true });
  await channel.assertQueue(queue, {
    durable: true,
    deadLetterExchange: '',
    deadLetterRoutingKey: dead,
  });
  await channel.prefetch(10);
  await channel.consume(queue, async (delivery) => {
    if (delivery === null) return;
    const result = await handling.settle(() => ship(JSON.parse(delivery.content.toString())));
    try {
      if (result.status === 'fulfilled') return channel.ack(delivery);
      if (isPoison(result.reason)) return channel.reject(delivery, false);
      await sleep(200);
      channel.nack(delivery);
    } catch {
      // The channel is gone, and the broker has the message back.
    }
  });
}
const recovery = { initialDelay: 100, maxDelay: 300, setup, waitForConnect: false };
const connection = await connect(RABBITMQ_URL, { timeout: 1_000, recovery });
connection.on('error', () => {});
connection.on('connect-failed', () => {});

const routes = {
  'GET /shipments/:id': (id) => [200, { state: shipped.has(id) ? 'shipped' : 'waiting' }],
};
await serve(Number(PORT), routes, ['application/json', '{"state":7}']);
