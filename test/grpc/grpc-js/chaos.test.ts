import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { chaos, standard } from 'holdfast';
import { afterEach, describe, expect, it } from 'vitest';
import { errorOf, Stage, unary } from './harness.js';

const stage = new Stage();
afterEach(() => stage.down());

describe('chaos over grpc-js', () => {
  it.each([
    [status.UNAVAILABLE, undefined, 4],
    [status.UNAVAILABLE, false, 1],
    [status.UNKNOWN, undefined, 1],
    [status.UNKNOWN, true, 4],
    [status.NOT_FOUND, true, 1],
  ])(
    'C3: status %i of a method that is idempotent: %s, is sent %i times, as a real one is',
    async (code, idempotent, sent) => {
      let served = 0;
      const { address } = await stage.serve({
        unary: (call: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) => {
          served++;
          answer(null, `${call.request}!`);
        },
      });
      const policy = chaos({
        faults: { rate: 1, error: () => Object.assign(new Error(), { code, details: 'injected' }) },
      });
      const retry = { initialDelay: 1, maxDelay: 1, budget: false } as const;
      const client = stage.client(address, {
        policies: [...standard({ retry }), policy],
        idempotent,
      });
      expect(await unary(client, 'hello')).toBe('hello!');
      policy.start();
      expect(await errorOf(unary(client, 'x'))).toMatchObject({ code, details: 'injected' });
      expect(policy.snapshot().injections.fault).toBe(sent);
      policy.stop();
      expect(await unary(client, 'hello')).toBe('hello!');
      expect(served).toBe(2);
    },
  );
});
