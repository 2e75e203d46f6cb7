import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { afterEach, expect, it } from 'vitest';
import { connectInterceptor, grpcInterceptor } from '../../src/grpc/index.js';
import type { Gate, Priority } from '../../src/index.js';
import { clientOf, started } from './connect/stock-client.js';
import { errorOf, Stage, startUpload, unary } from './grpc-js/harness.js';

const stage = new Stage();
afterEach(() => stage.down());

/** A gate that tells which class each call says. */
function watching() {
  const seen: (Priority | undefined)[] = [];
  const gate: Gate = {
    role: 'gate',
    type: 'watching',
    enter: ({ traits }) => void seen.push(traits?.priority),
    exit: () => {},
  };
  return { seen, options: { policies: [gate], telemetry: false } as const };
}

const echo = (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) =>
  answer(null, call.request);

it('K1: calls over grpc-js say their class by their method, with a deadline, without one, and with a stream', async () => {
  const { address } = await stage.serve({
    unary: echo,
    upload: (
      call: { on(event: string, heard: () => void): void },
      answer: sendUnaryData<string>,
    ) => {
      call.on('data', () => {});
      call.on('end', () => answer(null, 'done'));
    },
  } as never);
  const { seen, options } = watching();
  const priority = ({ method }: { method: string }): Priority | undefined =>
    method === 'Unary' ? 'high' : 'lowest';
  const client = stage.client(address, { ...options, priority });
  await unary(client, 'x');
  await unary(client, 'x', { options: { deadline: Date.now() + 60_000 } });
  const upload = startUpload(client);
  upload.call.end();
  await upload.answer;
  await unary(stage.client(address, { ...options, priority: 'low' }), 'x');
  await unary(stage.client(address, options), 'x');
  expect(seen).toEqual(['high', 'high', 'lowest', 'low', undefined]);
  const wrong = stage.client(address, { ...options, priority: () => 'soon' as never });
  expect(await errorOf(unary(wrong, 'x'))).toMatchObject({
    details: expect.stringContaining('priority must return a class of calls or undefined'),
  });
});

it('K1: so do calls over connect', async () => {
  const server = await started('connect over 2', { read: () => ({ text: 'x' }) as never });
  const { seen, options } = watching();
  const priority = ({ method }: { method: string }): Priority | undefined =>
    method === 'Read' ? 'low' : undefined;
  const { client } = clientOf('connect over 2', server.baseUrl, { ...options, priority });
  await client.read({});
  await client.read({}, { timeoutMs: 60_000 });
  expect(seen).toEqual(['low', 'low']);
});

it.each(['soon', 5, null])(
  'K1: another class is refused when the interceptor is made: %s',
  (priority) => {
    for (const make of [grpcInterceptor, connectInterceptor]) {
      expect(() => make({ priority: priority as never })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG' }),
      );
    }
  },
);
