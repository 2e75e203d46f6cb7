import { describe, expect, it } from 'vitest';
import {
  KeptMessages,
  OneMessage,
  StreamedMessages,
} from '../../../src/grpc/connect/request-messages.js';
import { ContractError } from '../../../src/index.js';

type Messages = AsyncIterable<unknown>;

function source() {
  const log: string[] = [];
  const messages: Messages = {
    async *[Symbol.asyncIterator]() {
      log.push('begun');
      try {
        yield 'a';
        yield 'b';
        log.push('ended');
      } finally {
        log.push('closed');
      }
    },
  };
  return { log, messages };
}

function heard() {
  const events: string[] = [];
  return { events, onSent: () => events.push('sent'), onEnd: () => events.push('end') };
}

async function all(messages: unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const each of messages as Messages) found.push(each);
  return found;
}

describe('the messages of a request', () => {
  it('that are one are the same for each attempt', () => {
    const message = {};
    const one = new OneMessage(message);
    expect([one.take(), one.take(), one.replayable]).toEqual([message, message, true]);
  });

  it('W16: of which the caller gives one are read once, when the first attempt wants them', async () => {
    const { log, messages } = source();
    const kept = new KeptMessages(messages);
    const first = kept.take();
    expect(log).toEqual([]);
    expect(await all(first)).toEqual(['a', 'b']);
    expect(await all(kept.take())).toEqual(['a', 'b']);
    expect(log).toEqual(['begun', 'ended', 'closed']);
  });

  it('W16: that stream can be taken again until somebody reads them', async () => {
    const { log, messages } = source();
    const listener = heard();
    const streamed = new StreamedMessages(messages, listener);
    const unread = (streamed.take() as Messages)[Symbol.asyncIterator]();
    expect(await unread.return?.('x')).toEqual({ done: true, value: 'x' });
    await expect(unread.throw?.(new Error('reset'))).rejects.toThrow('reset');
    expect(log).toEqual([]);
    expect(streamed.replayable).toBe(true);
    listener.events.length = 0;
    expect(await all(streamed.take())).toEqual(['a', 'b']);
    expect(streamed.replayable).toBe(false);
    expect(listener.events).toEqual(['sent', 'sent', 'end']);
    await expect(all(streamed.take())).rejects.toThrow(ContractError);
    expect(log).toEqual(['begun', 'ended', 'closed']);
  });

  it('W16: that stream are closed by the attempt that reads them', async () => {
    for (const how of ['return', 'throw'] as const) {
      const { log, messages } = source();
      const listener = heard();
      const streamed = new StreamedMessages(messages, listener);
      const reading = (streamed.take() as Messages)[Symbol.asyncIterator]();
      await reading.next();
      await Promise.allSettled([reading[how]?.(new Error('reset'))]);
      expect(log).toEqual(['begun', 'closed']);
      expect(listener.events).toEqual(['sent', 'end']);
    }
  });

  it('that stream and fail tell it', async () => {
    const listener = heard();
    async function* failing() {
      yield 'a';
      throw new Error('no more');
    }
    await expect(all(new StreamedMessages(failing(), listener).take())).rejects.toThrow('no more');
    expect(listener.events).toEqual(['sent', 'end']);
  });
});
