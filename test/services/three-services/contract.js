/** What the three services say to each other: two declarations, one method of gRPC, and a queue. */
import { Metadata } from '@grpc/grpc-js';
import { z } from 'zod';

export const queue = 'orders';
export const dead = 'orders.dead';

/** What is right for calls that a person waits for, in a test that has no minutes. */
export const policies = {
  totalTimeout: '1200ms',
  attemptTimeout: '500ms',
  retry: { maxRetries: 1, initialDelay: 20 },
  circuitBreaker: { openFor: '500ms', maxOpenFor: '1s', consecutiveFailures: 5 },
};

const Order = z.object({
  id: z.string(),
  sku: z.number(),
  payment: z.enum(['charged', 'pending']),
});
const Shipment = z.object({ state: z.enum(['shipped', 'waiting']) });
const NoSuch = z.object({ error: z.string() });

export const orders = (baseUrl) => ({
  baseUrl,
  critical: true,
  policies,
  operations: {
    create: {
      method: 'POST',
      path: '/orders',
      body: z.object({ sku: z.number() }),
      response: Order.extend({ shipping: z.enum(['queued', 'later']) }),
      // The service behind it has all of the policies' time.
      totalTimeout: '4s',
      attemptTimeout: '4s',
    },
    order: { method: 'GET', path: '/orders/:id', response: Order, errors: { 404: NoSuch } },
    shipment: {
      method: 'GET',
      path: '/orders/:id/shipment',
      response: z.object({ state: z.enum(['shipped', 'waiting', 'unknown']) }),
      totalTimeout: '4s',
      attemptTimeout: '4s',
    },
  },
});

export const shipping = (baseUrl) => ({
  baseUrl,
  policies,
  operations: {
    shipment: { method: 'GET', path: '/shipments/:id', response: Shipment },
  },
});

const write = (value) =>
  Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value ?? null));
const read = (bytes) => JSON.parse(bytes.toString());

/** `payments.Payments/Charge`: a message is JSON. */
export const charge = {
  path: '/payments.Payments/Charge',
  requestStream: false,
  responseStream: false,
  requestSerialize: write,
  requestDeserialize: read,
  responseSerialize: write,
  responseDeserialize: read,
};

/** Charges an order through a client of `@grpc/grpc-js`. */
export const chargeOrder = (client, order) =>
  new Promise((resolve, reject) => {
    client.makeUnaryRequest(charge.path, write, read, order, new Metadata(), {}, (error, value) => {
      if (error === null) resolve(value);
      else reject(error);
    });
  });
