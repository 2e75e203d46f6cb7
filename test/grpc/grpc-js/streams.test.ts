import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  sendUnaryData,
} from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/errors.js';
import type { PipelineEvent } from '../../../src/pipeline/contract/events.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { collect, errorOf, Stage, startChat, startUpload, startWatch } from './harness.js';

type Watch = (call: ServerWritableStream<string, string>) => void;
type Upload = (call: ServerReadableStream<string, string>, answer: sendUnaryData<string>) => void;
type Chat = (call: ServerDuplexStream<string, string>) => void;

const stage = new Stage();
afterEach(() => stage.down());

const policies = { retry: { initialDelay: 1, maxDelay: 1, budget: false } } as const;
const unavailable = { code: status.UNAVAILABLE, details: 'not now' };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something that other sockets bring about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('streams from a server', () => {
  it('W6: before its answer begins, a call is repeated; the caller gets each message once, in order', async () => {
    let calls = 0;
    const watch: Watch = (call) => {
      if (++calls < 3) {
        call.emit('error', unavailable);
        return;
      }
      for (let i = 0; i < 50; i++) call.write(`${call.request}${i}`);
      call.end();
    };
    const { address } = await stage.serve({ watch });
    const { events, messages, ended } = collect(
      startWatch(stage.client(address, { policies }), 'm'),
    );
    expect(await ended).toBeUndefined();
    expect(calls).toBe(3);
    expect(messages).toEqual(Array.from({ length: 50 }, (_, i) => `m${i}`));
    expect(events).toEqual(['metadata', ...messages.map(() => 'message'), 'status']);
  });

  it('W6: once it has begun, it is never repeated, and its failure counts', async () => {
    let calls = 0;
    const watch: Watch = (call) => {
      calls++;
      call.write('one');
      call.emit('error', unavailable);
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address, { policies, idempotent: true });
    const failures: PipelineEvent[] = [];
    client.interceptor.on('body_failure', (event) => failures.push(event));
    const { events, messages, ended } = collect(startWatch(client, 'm'));
    expect(await ended).toMatchObject(unavailable);
    expect(messages).toEqual(['one']);
    expect(events).toEqual(['metadata', 'message', 'status']);
    expect(calls).toBe(1);
    expect(failures).toHaveLength(1);
    const [state] = Object.values(client.interceptor.snapshot());
    expect(state?.policies.circuit_breaker?.consecutiveFailures).toBe(1);
  });

  it('W6: a status after messages that is an answer counts for nothing', async () => {
    const watch: Watch = (call) => {
      call.write('one');
      call.emit('error', { code: status.NOT_FOUND, details: 'no more' });
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address);
    const failures: PipelineEvent[] = [];
    client.interceptor.on('body_failure', (event) => failures.push(event));
    const { ended } = collect(startWatch(client, 'm'));
    expect((await ended)?.code).toBe(status.NOT_FOUND);
    expect(failures).toEqual([]);
  });

  it('W6: a stream without messages succeeds', async () => {
    const watch: Watch = (call) => call.end();
    const { address } = await stage.serve({ watch });
    const { messages, ended } = collect(startWatch(stage.client(address), 'm'));
    expect(await ended).toBeUndefined();
    expect(messages).toEqual([]);
  });

  it('W6: the connection breaks in the middle', async () => {
    const watch: Watch = (call) => call.write('one');
    const server = await stage.serve({ watch });
    const wire = await stage.wire(server);
    const stream = startWatch(stage.client(wire.address, { policies, idempotent: true }), 'm');
    const { messages, ended } = collect(stream);
    await until(() => messages.length === 1);
    wire.cut();
    expect((await ended)?.code).toBe(status.UNAVAILABLE);
    expect(messages).toEqual(['one']);
  });

  it('W6: a stream that stalls while its reader waits ends as UNAVAILABLE, and the server hears of it', async () => {
    const clock = new VirtualClock();
    let cancelled = false;
    const watch: Watch = (call) => {
      call.on('cancelled', () => {
        cancelled = true;
      });
      call.write('one');
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address, { clock, idleTimeout: '5s' });
    const failures: PipelineEvent[] = [];
    client.interceptor.on('body_failure', (event) => failures.push(event));
    const { messages, ended } = collect(startWatch(client, 'm'));
    await until(() => messages.length === 1);
    await clock.advance(4_999);
    expect(failures).toEqual([]);
    await clock.advance(2);
    const error = (await ended) as { code?: number; cause?: unknown };
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(error.cause).toMatchObject({ policy: 'idle_timeout', timeoutMs: 5_000 });
    await until(() => cancelled);
    expect(failures).toHaveLength(1);
  });

  it('W6: a stream that flows is not cut by the timeouts of the policies, nor by the idle timeout', async () => {
    const clock = new VirtualClock();
    const send: { next?: () => void } = {};
    const watch: Watch = (call) => {
      let i = 0;
      send.next = () => call.write(`${i++}`);
      send.next();
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address, {
      clock,
      policies: { totalTimeout: '10s' },
      idleTimeout: '5s',
    });
    const stream = startWatch(client, 'm');
    const { messages, ended } = collect(stream);
    for (let i = 1; i <= 20; i++) {
      await until(() => messages.length === i);
      await clock.advance(4_000);
      send.next?.();
    }
    stream.cancel();
    expect((await ended)?.code).toBe(status.CANCELLED);
  });

  it('W6: time in which nobody reads does not count', async () => {
    const clock = new VirtualClock();
    const watch: Watch = (call) => {
      for (let i = 0; i < 40; i++) call.write(`${i}`);
      call.end();
    };
    const { address } = await stage.serve({ watch });
    const stream = startWatch(stage.client(address, { clock, idleTimeout: '5s' }), 'm');
    stream.read(0);
    // The stream's own buffer takes 16 messages, and then asks for no more.
    await until(() => stream.readableLength >= 16);
    await clock.advance(3_600_000);
    const { messages, ended } = collect(stream);
    expect(await ended).toBeUndefined();
    expect(messages).toHaveLength(40);
  });

  it('W4: a server that never answers is bounded by the timeouts of the policies', async () => {
    const clock = new VirtualClock();
    let arrived = false;
    const watch: Watch = (call) => {
      arrived = true;
      // The server is not told of that time: it would end the stream.
      expect(call.getDeadline()).toBe(Infinity);
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address, { clock, policies: { attemptTimeout: '2s' } });
    const { ended } = collect(startWatch(client, 'm'));
    await until(() => arrived);
    await clock.advance(2_001);
    expect((await ended)?.code).toBe(status.DEADLINE_EXCEEDED);
  });

  it.each(['with headers', 'with messages'])(
    'W5: a stream that its caller cancels, begun %s, is no failure',
    async (begun) => {
      const watch: Watch = (call) => {
        call.sendMetadata(new Metadata());
        if (begun === 'with messages') call.write('one');
      };
      const { address } = await stage.serve({ watch });
      const client = stage.client(address, {
        policies: { circuitBreaker: { consecutiveFailures: 1 } },
      });
      const failures: PipelineEvent[] = [];
      client.interceptor.on('body_failure', (event) => failures.push(event));
      const stream = startWatch(client, 'm');
      const { events, ended } = collect(stream);
      await until(() => events.length === (begun === 'with messages' ? 2 : 1));
      stream.cancel();
      expect((await ended)?.code).toBe(status.CANCELLED);
      expect(failures).toEqual([]);
      const [state] = Object.values(client.interceptor.snapshot());
      expect(state?.policies.circuit_breaker?.state).toBe('closed');
    },
  );

  it('W4: the deadline of the call bounds the whole stream, which is no failure', async () => {
    const watch: Watch = (call) => call.write('one');
    const { address } = await stage.serve({ watch });
    const client = stage.client(address);
    const failures: PipelineEvent[] = [];
    client.interceptor.on('body_failure', (event) => failures.push(event));
    let got: string[] = [];
    // The deadline is one of real time: it gets longer until the machine is quick enough for a stream to begin in it.
    for (let ms = 300; got.length === 0; ms *= 4) {
      const options = { deadline: Date.now() + ms };
      const { messages, ended } = collect(startWatch(client, 'm', { options }));
      expect((await ended)?.code).toBe(status.DEADLINE_EXCEEDED);
      got = messages;
    }
    expect(got).toEqual(['one']);
    expect(failures).toEqual([]);
  });

  it.each(['stalls', 'fails'])(
    'G14: what a stream that %s causes runs in the context of its caller',
    async (how) => {
      const clock = new VirtualClock();
      const held: ServerWritableStream<string, string>[] = [];
      const watch: Watch = (call) => {
        held.push(call);
        call.write('one');
      };
      const { address } = await stage.serve({ watch });
      const client = stage.client(address, { clock, idleTimeout: '5s' });
      const caller = new AsyncLocalStorage<string>();
      const seen: string[] = [];
      client.interceptor.on('body_failure', () => seen.push(`event in ${caller.getStore()}`));
      const names = ['A', 'B', 'C'];
      const streams = names.map((name) =>
        caller.run(name, () => {
          const stream = startWatch(client, name);
          stream.on('status', () => seen.push(`status in ${caller.getStore()}`));
          return collect(stream);
        }),
      );
      await until(() => streams.every(({ messages }) => messages.length === 1));
      if (how === 'stalls') await clock.advance(5_001);
      else for (const each of held) each.emit('error', unavailable);
      await Promise.all(streams.map(({ ended }) => ended));
      const wanted = names.flatMap((name) => [`event in ${name}`, `status in ${name}`]);
      expect(seen.sort()).toEqual(wanted.sort());
    },
  );

  it('W12: a drain waits for streams', async () => {
    const held: { call?: ServerWritableStream<string, string> } = {};
    const watch: Watch = (call) => {
      held.call = call;
      call.write('one');
    };
    const { address } = await stage.serve({ watch });
    const client = stage.client(address);
    const { messages, ended } = collect(startWatch(client, 'm'));
    await until(() => messages.length === 1);
    expect(await client.interceptor.drain(1)).toMatchObject({ inFlight: 0, streams: 1 });
    const drained = client.interceptor.drain('5s');
    held.call?.end();
    await ended;
    expect(await drained).toMatchObject({ streams: 0 });
  });
});

describe('streams to a server', () => {
  it('W6: what was sent is sent again, whole and in order', async () => {
    const got: string[][] = [];
    const upload: Upload = (call, answer) => {
      const mine: string[] = [];
      got.push(mine);
      call.on('data', (message: string) => mine.push(message));
      call.on('end', () => {
        if (got.length === 1) answer(unavailable);
        else answer(null, mine.join(''));
      });
    };
    const { address } = await stage.serve({ upload });
    const { answer, call } = startUpload(stage.client(address, { policies }));
    for (const each of ['a', 'b', 'c']) call.write(each);
    call.end();
    expect(await answer).toBe('abc');
    expect(got).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('W6: a call that fails in the middle goes on with the next attempt', async () => {
    let calls = 0;
    const upload: Upload = (call, answer) => {
      const mine: string[] = [];
      const first = ++calls === 1;
      call.on('data', (message: string) => {
        mine.push(message);
        if (first && mine.length === 2) answer(unavailable);
      });
      call.on('end', () => {
        if (!first) answer(null, mine.join(''));
      });
    };
    const { address } = await stage.serve({ upload });
    const { answer, call } = startUpload(stage.client(address, { policies }));
    for (const each of ['a', 'b']) call.write(each);
    await until(() => calls === 2);
    for (const each of ['c', 'd']) call.write(each);
    call.end();
    expect(await answer).toBe('abcd');
  });

  it('W6: beyond 64 messages nothing is kept, and the call is not repeated', async () => {
    let calls = 0;
    const upload: Upload = (call, answer) => {
      calls++;
      call.on('data', () => {});
      call.on('end', () => answer(unavailable));
    };
    const { address } = await stage.serve({ upload });
    for (const [messages, expected] of [
      [64, 4],
      [65, 1],
    ] as const) {
      calls = 0;
      const unbounded = { ...policies, totalTimeout: false, attemptTimeout: false } as const;
      const { answer, call } = startUpload(stage.client(address, { policies: unbounded }));
      for (let i = 0; i < messages; i++) call.write(`${i}`);
      call.end();
      expect((await errorOf(answer)).code).toBe(status.UNAVAILABLE);
      expect(calls).toBe(expected);
    }
  });

  it('W4: the time in which the caller has nothing to send does not count', async () => {
    const clock = new VirtualClock();
    let got = '';
    const upload: Upload = (call, answer) => {
      call.on('data', (message: string) => {
        got += message;
      });
      call.on('end', () => {
        if (got === 'ab') answer(null, got);
      });
    };
    const { address } = await stage.serve({ upload });
    const client = stage.client(address, { clock, policies: { totalTimeout: '10s' } });
    const first = startUpload(client);
    first.call.write('a');
    await until(() => got === 'a');
    await clock.advance(3_600_000);
    first.call.write('b');
    first.call.end();
    expect(await first.answer).toBe('ab');
    // Once everything is sent, the attempt's time runs.
    const second = startUpload(client);
    second.call.write('x');
    second.call.end();
    await until(() => got === 'abx');
    await clock.advance(10_001);
    expect((await errorOf(second.answer)).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('W4: the deadline of the call ends it while the caller sends', async () => {
    const upload: Upload = (call) => call.resume();
    const { address } = await stage.serve({ upload });
    const client = stage.client(address);
    const options = { deadline: Date.now() + 80 };
    const { answer, call } = startUpload(client, { options });
    call.write('a');
    expect((await errorOf(answer)).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('W5: a cancelled stream leaves no writer waiting', async () => {
    const upload: Upload = (call) => call.resume();
    const { server, address } = await stage.serve({ upload });
    server.forceShutdown();
    const waits = { retry: { initialDelay: '1h', maxDelay: '1h', jitter: 'none' } } as const;
    const client = stage.client(address, {
      policies: { ...waits, totalTimeout: false, attemptTimeout: false },
    });
    let retries = 0;
    client.interceptor.on('retry', () => retries++);
    const { answer, call } = startUpload(client);
    call.write('a');
    await until(() => retries === 1);
    let written = false;
    // There is no attempt now that would take it.
    call.write('b', () => {
      written = true;
    });
    await turn();
    expect(written).toBe(false);
    call.cancel();
    expect((await errorOf(answer)).code).toBe(status.CANCELLED);
    await until(() => written);
  });
});

describe('streams both ways', () => {
  it('W6: messages go both ways at once, after a first attempt that was refused', async () => {
    let calls = 0;
    const chat: Chat = (call) => {
      if (++calls === 1) {
        call.emit('error', unavailable);
        return;
      }
      call.on('data', (message: string) => call.write(`re: ${message}`));
      call.on('end', () => call.end());
    };
    const { address } = await stage.serve({ chat });
    const stream = startChat(stage.client(address, { policies }));
    const { messages, ended } = collect(stream);
    stream.write('a');
    await until(() => messages.length === 1);
    stream.write('b');
    await until(() => messages.length === 2);
    stream.end();
    expect(await ended).toBeUndefined();
    expect(messages).toEqual(['re: a', 're: b']);
    expect(calls).toBe(2);
  });

  it('W6: a message in either direction starts the idle time anew', async () => {
    const clock = new VirtualClock();
    let got = 0;
    const chat: Chat = (call) => {
      call.sendMetadata(new Metadata());
      call.on('data', () => got++);
    };
    const { address } = await stage.serve({ chat });
    const stream = startChat(stage.client(address, { clock, idleTimeout: '5s' }));
    const { events, ended } = collect(stream);
    await until(() => events.length === 1);
    for (let i = 1; i <= 5; i++) {
      stream.write('still here');
      await until(() => got === i);
      await clock.advance(4_000);
    }
    expect(events).toEqual(['metadata']);
    await clock.advance(1_001);
    expect((await ended)?.code).toBe(status.UNAVAILABLE);
  });

  it('W4: the attempt timeout runs from the last message that was sent', async () => {
    const clock = new VirtualClock();
    let got = 0;
    const chat: Chat = (call) => {
      call.on('data', () => got++);
    };
    const { address } = await stage.serve({ chat });
    const client = stage.client(address, { clock, policies: { attemptTimeout: '2s' } });
    const stream = startChat(client);
    const { events, ended } = collect(stream);
    await clock.advance(3_600_000);
    for (let i = 1; i <= 4; i++) {
      stream.write('x');
      await until(() => got === i);
      await clock.advance(1_500);
    }
    expect(events).toEqual([]);
    await clock.advance(501);
    expect((await ended)?.code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('W5: cancellation reaches the server', async () => {
    let cancelled = false;
    const chat: Chat = (call) => {
      call.on('cancelled', () => {
        cancelled = true;
      });
      call.write('hello');
    };
    const { address } = await stage.serve({ chat });
    const stream = startChat(stage.client(address));
    const { messages, ended } = collect(stream);
    await until(() => messages.length === 1);
    stream.cancel();
    expect((await ended)?.code).toBe(status.CANCELLED);
    await until(() => cancelled);
  });
});
