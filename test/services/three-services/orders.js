/** The service of orders: REST. It charges at once, or later if it cannot, and hands orders on to shipping through a queue. */
import { randomUUID } from 'node:crypto';
import { Client, credentials } from '@grpc/grpc-js';
import { connect } from 'amqplib';
import { bulkhead, circuitBreaker, pipeline, timeout } from 'holdfast';
import { grpcChannelOptions, grpcInterceptor } from 'holdfast/grpc';
import { defineService } from 'holdfast/services';
import { chargeOrder, dead, policies, queue, shipping as shippingAt } from './contract.js';
import { journal, serve } from './served.js';

const { PORT, PAYMENTS_ADDRESS, SHIPPING_URL, RABBITMQ_URL, JOURNAL } = process.env;

const interceptor = grpcInterceptor({
  name: 'payments',
  registry: true,
  critical: true,
  policies,
});
const payments = new Client(PAYMENTS_ADDRESS, credentials.createInsecure(), {
  ...grpcChannelOptions,
  // It is there again as soon as it is back: the breaker decides how often to try.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 200,
  interceptors: [interceptor],
});

const declared = shippingAt(SHIPPING_URL);
const shipping = defineService('shipping', {
  ...declared,
  operations: { shipment: { ...declared.operations.shipment, fallback: { state: 'unknown' } } },
});

let open;
async function channelOf() {
  open ??= (async () => {
    const connection = await connect(RABBITMQ_URL, { timeout: 800 });
    connection.on('error', () => {});
    connection.on('close', () => {
      open = undefined;
    });
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    await channel.assertQueue(dead, { durable: true });
    await channel.assertQueue(queue, {
      durable: true,
      deadLetterExchange: '',
      deadLetterRoutingKey: dead,
    });
    return channel;
  })().catch((error) => {
    open = undefined;
    throw error;
  });
  return open;
}

const sending = pipeline(
  { name: 'orders-queue', registry: true, critical: true },
  timeout('800ms'),
  circuitBreaker({ openFor: '500ms', maxOpenFor: '1s' }),
  bulkhead({ maxConcurrent: 100 }),
);

const send = (id) =>
  sending.execute(async () => {
    const channel = await channelOf();
    await new Promise((resolve, reject) => {
      const content = Buffer.from(JSON.stringify({ id }));
      channel.sendToQueue(queue, content, { persistent: true }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  });

const book = journal(JOURNAL);
const known = new Map();
const toSend = new Set();
for (const { order, sent } of book.entries) {
  if (order !== undefined) {
    known.set(order.id, order);
    toSend.add(order.id);
  } else {
    toSend.delete(sent);
  }
}

async function handOn(id) {
  await send(id);
  book.write({ sent: id });
  toSend.delete(id);
}

setInterval(async () => {
  for (const id of toSend) {
    // The events and metrics of the pipeline tell why.
    if (
      !(await handOn(id).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}, 200);

const routes = {
  'POST /orders': async (_id, { sku }) => {
    const id = randomUUID();
    const payment = await chargeOrder(payments, { id, sku }).then(
      () => 'charged',
      () => 'pending',
    );
    const order = { id, sku, payment };
    book.write({ order });
    known.set(id, order);
    const shipping = await handOn(id).then(
      () => 'queued',
      () => 'later',
    );
    if (shipping === 'later') toSend.add(id);
    return [201, { ...order, shipping }];
  },
  'GET /orders/:id': (id) => (known.has(id) ? [200, known.get(id)] : undefined),
  'GET /orders/:id/shipment': async (id) => [200, await shipping.shipment({ params: { id } })],
};
await serve(Number(PORT), routes, ['text/html', '<h1>It works!</h1>']);
