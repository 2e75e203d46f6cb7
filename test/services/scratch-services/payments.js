/** The service of payments: gRPC. */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { charge } from './contract.js';
import { beSlow, currentFault, serve } from './served.js';

const { PAYMENTS_PORT, ADMIN_PORT } = process.env;

const server = new Server();
server.addService(
  { charge },
  {
    charge: async ({ request }, answer) => {
      await beSlow();
      const nonsense = Buffer.from('<h1>It works!</h1>');
      answer(null, currentFault() === 'nonsense' ? nonsense : { charged: request.sku });
    },
  },
);
await new Promise((resolve, reject) => {
  const at = `127.0.0.1:${PAYMENTS_PORT}`;
  server.bindAsync(at, ServerCredentials.createInsecure(), (error) =>
    error === null ? resolve() : reject(error),
  );
});
await serve(Number(ADMIN_PORT), {}, ['text/html', '']);
