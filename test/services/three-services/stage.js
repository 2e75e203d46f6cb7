/** Starts the three services and their broker, and makes the clients that ask them. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { registry } from 'holdfast';
import { grpcChannelOptions, grpcInterceptor } from 'holdfast/grpc';
import { defineService } from 'holdfast/services';
import { Child, freePort, started, temporaryFolder } from '../servers/process.js';
import { startRabbitmq } from '../servers/rabbitmq.js';
import { orders as ordersAt, policies, shipping as shippingAt } from './contract.js';

const programs = fileURLToPath(new URL('./', import.meta.url));

export async function getJson(url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) });
  return response.json();
}

async function startService(name, { admin, ...env }) {
  const ready = () => getJson(`${admin}/ready`).then(() => true);
  const server = await started({
    name,
    url: admin,
    run: () =>
      new Child(process.execPath, [join(programs, `${name}.js`)], {
        env: { ...process.env, ...env, OTEL_SERVICE_NAME: name },
      }),
    answers: ready,
  });
  const post = (fault) =>
    getJson(`${admin}/fault`, { method: 'POST', body: JSON.stringify({ fault }) });
  return {
    ...server,
    faults: {
      killed: { begin: () => server.kill(), end: () => server.start() },
      slowed: { begin: () => post('slowed'), end: () => post('none') },
      nonsense: { begin: () => post('nonsense'), end: () => post('none') },
    },
  };
}

/** Starts everything, in the order in which things are needed. `undo` is what ends it. */
export async function startAll(undo) {
  const folder = temporaryFolder('three-services');
  undo.push(() => folder.remove());
  const rabbitmq = await startRabbitmq();
  undo.push(() => rabbitmq.dispose());
  const [ordersPort, paymentsPort, adminPort, shippingPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const addresses = {
    orders: `127.0.0.1:${ordersPort}`,
    payments: `127.0.0.1:${paymentsPort}`,
    shipping: `127.0.0.1:${shippingPort}`,
  };
  const shared = {
    RABBITMQ_URL: rabbitmq.url,
    ORDERS_URL: `http://${addresses.orders}`,
    SHIPPING_URL: `http://${addresses.shipping}`,
    PAYMENTS_ADDRESS: addresses.payments,
  };
  const envs = {
    payments: {
      admin: `http://127.0.0.1:${adminPort}`,
      ADMIN_PORT: `${adminPort}`,
      PAYMENTS_PORT: `${paymentsPort}`,
    },
    shipping: { admin: shared.SHIPPING_URL, PORT: `${shippingPort}` },
    orders: { admin: shared.ORDERS_URL, PORT: `${ordersPort}` },
  };
  const services = {};
  for (const [name, env] of Object.entries(envs)) {
    const own = { OWN_ADDRESS: addresses[name], JOURNAL: join(folder.path, `${name}.jsonl`) };
    services[name] = await startService(name, { ...shared, ...own, ...env });
    undo.push(() => services[name].dispose());
  }
  return { rabbitmq, services, addresses };
}

/** The caller of the three: a service of its own, in this process. */
export function callers(addresses, undo) {
  const own = registry();
  const orders = defineService('orders', {
    ...ordersAt(`http://${addresses.orders}`),
    registry: own,
  });
  const shipping = defineService('shipping', {
    ...shippingAt(`http://${addresses.shipping}`),
    registry: own,
  });
  const interceptor = grpcInterceptor({ name: 'payments', registry: own, policies });
  const payments = new Client(addresses.payments, credentials.createInsecure(), {
    ...grpcChannelOptions,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 200,
    interceptors: [interceptor],
  });
  undo.push(() => {
    payments.close();
    own.dispose();
  });
  own.require('orders', 'shipping', 'payments');
  return { own, orders, shipping, payments };
}
