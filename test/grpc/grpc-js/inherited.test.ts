import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineFrom, runWithin, systemClock, timeLeft } from '../../../src/index.js';
import { collect, errorOf, Stage, startUpload, startWatch, unary } from './harness.js';

type Unary = (
  call: { getDeadline(): Date | number; metadata: Metadata; request: string } & NodeJS.EventEmitter,
  answer: (error: object | null, value?: string) => void,
) => void;

const stage = new Stage();
afterEach(() => stage.down());

const patient = { policies: { totalTimeout: false, attemptTimeout: false } } as const;

describe('inherited deadlines over grpc-js', () => {
  it('D8: the server is told what is left, and the client gives up at the deadline', async () => {
    let told = Number.NaN;
    let cancelled = false;
    const handler: Unary = (call, answer) => {
      told = Number(call.getDeadline()) - Date.now();
      if (call.request === 'answer') answer(null, 'x');
      else call.on('cancelled', () => (cancelled = true));
    };
    const { address } = await stage.serve({ unary: handler as never });
    const client = stage.client(address, patient);
    await runWithin({ timeout: '1m' }, () => unary(client, 'answer'));
    expect(told).toBeGreaterThan(30_000);
    expect(told).toBeLessThanOrEqual(60_000);
    const options = { deadline: Date.now() + 120_000 };
    await runWithin({ timeout: '1m' }, () => unary(client, 'answer', { options }));
    expect(told).toBeLessThanOrEqual(60_000);
    const error = await errorOf(runWithin({ timeout: 150 }, () => unary(client, 'hang')));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.cause).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'inherited_deadline' });
    expect(told).toBeLessThanOrEqual(150);
    while (!cancelled) await new Promise((resolve) => setImmediate(resolve));
  });

  it('D8: one that has passed sends nothing', async () => {
    let calls = 0;
    const handler: Unary = (_, answer) => {
      calls++;
      answer(null, 'x');
    };
    const { address } = await stage.serve({ unary: handler as never });
    const client = stage.client(address, patient);
    const error = await errorOf(runWithin(systemClock.now() - 1, () => unary(client, 'x')));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(error.details).toContain('inherited');
    expect(calls).toBe(0);
  });

  it('D8: it is for the whole of a stream, begun or not', async () => {
    let told = Number.NaN;
    const { address } = await stage.serve({
      watch: ((call: { getDeadline(): Date | number; write(text: string): void }) => {
        told = Number(call.getDeadline()) - Date.now();
        call.write('first');
      }) as never,
      upload: (() => {}) as never,
    });
    const client = stage.client(address, patient);
    const { messages, ended } = runWithin({ timeout: 250 }, () => collect(startWatch(client, 'x')));
    expect((await ended)?.code).toBe(status.DEADLINE_EXCEEDED);
    expect(messages).toEqual(['first']);
    expect(told).toBeLessThanOrEqual(250);
    const upload = runWithin({ timeout: 150 }, () => startUpload(client));
    upload.call.write('one');
    expect((await errorOf(upload.answer)).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('D6, D8: a handler runs within what its metadata tell, and its own calls have less', async () => {
    const left: number[] = [];
    const last = await stage.serve({
      unary: ((call, answer) => {
        left.push(Number(call.getDeadline()) - Date.now());
        answer(null, 'end');
      }) as Unary as never,
    });
    const client = stage.client(last.address, patient);
    const first = await stage.serve({
      unary: ((call, answer) => {
        // grpc-js takes the header itself; what it made of it is the deadline of the call.
        const timeout = Math.max(0, Number(call.getDeadline()) - Date.now());
        void runWithin({ timeout }, async () => {
          left.push(timeLeft());
          answer(null, await unary(client, 'x'));
        });
      }) as Unary as never,
    });
    const options = { deadline: Date.now() + 60_000 };
    expect(await unary(stage.client(first.address, false), 'x', { options })).toBe('end');
    expect(left[0]).toBeLessThanOrEqual(60_000);
    // In whole milliseconds, rounded up.
    expect(left[1]).toBeLessThanOrEqual(Math.ceil(left[0] as number) + 1);
    expect(left[1]).toBeGreaterThan(30_000);
    const metadata = new Metadata();
    metadata.set('grpc-timeout', '500m');
    expect(deadlineFrom(metadata.getMap()) - systemClock.now()).toBeLessThanOrEqual(500);
  });
});
