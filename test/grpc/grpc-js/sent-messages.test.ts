import { describe, expect, it } from 'vitest';
import { MAX_KEPT, SentMessages } from '../../../src/grpc/grpc-js/sent-messages.js';
import type { GrpcCall, GrpcMessageContext } from '../../../src/grpc/grpc-js/types.js';

/** A call that notes what it is sent. */
class FakeCall {
  readonly got: unknown[] = [];
  readonly contexts: GrpcMessageContext[] = [];

  sendMessageWithContext(context: GrpcMessageContext, message: unknown): void {
    this.got.push(message);
    this.contexts.push(context);
  }

  halfClose(): void {
    this.got.push('end');
  }

  /** The last message is written. */
  written(): void {
    this.contexts.at(-1)?.callback?.();
  }
}

const asCall = (call: FakeCall): GrpcCall => call as unknown as GrpcCall;

describe('what a caller has sent', () => {
  it('a single message and its end go out at once', () => {
    const sent = new SentMessages(false);
    const call = new FakeCall();
    sent.writeTo(asCall(call));
    sent.add({}, 'a');
    sent.close();
    expect(call.got).toEqual(['a', 'end']);
    const again = new FakeCall();
    sent.writeTo(asCall(again));
    expect(again.got).toEqual(['a', 'end']);
  });

  it('W6: the next message goes out when the last is written, and the end after all', () => {
    const sent = new SentMessages(true);
    const call = new FakeCall();
    const writer = sent.writeTo(asCall(call));
    for (const each of ['a', 'b']) sent.add({ flags: 2 }, each);
    sent.close();
    expect(call.got).toEqual(['a']);
    expect(call.contexts[0]?.flags).toBe(2);
    call.written();
    expect(call.got).toEqual(['a', 'b']);
    sent.stop(writer);
    call.written();
    expect(call.got).toEqual(['a', 'b']);
  });

  it('W6: the writer hears of each message once, whichever attempt has written it', () => {
    const sent = new SentMessages(true);
    let heard = 0;
    const callback = (): void => {
      heard++;
    };
    const first = new FakeCall();
    const writer = sent.writeTo(asCall(first));
    sent.add({ callback }, 'a');
    sent.stop(writer);
    first.written();
    // That attempt is over: another one writes the message.
    expect(heard).toBe(0);
    const second = new FakeCall();
    const next = sent.writeTo(asCall(second));
    second.written();
    second.contexts[0]?.callback?.();
    expect(heard).toBe(1);
    sent.stop(next);
    const third = new FakeCall();
    sent.writeTo(asCall(third));
    third.written();
    expect(heard).toBe(1);
    expect(third.got).toEqual(['a']);
  });

  it('W6: nothing is kept once it will not be sent again, or beyond the limit', () => {
    const sent = new SentMessages(true);
    const call = new FakeCall();
    sent.writeTo(asCall(call));
    for (let i = 0; i < MAX_KEPT; i++) {
      sent.add({}, i);
      call.written();
    }
    expect(sent.replayable).toBe(true);
    sent.add({}, 'more');
    expect(sent.replayable).toBe(false);
    expect(sent.at(MAX_KEPT - 1)).toBeUndefined();
    expect(sent.at(MAX_KEPT)?.message).toBe('more');
    call.written();
    sent.add({}, 'and more');
    call.written();
    expect(call.got.slice(-2)).toEqual(['more', 'and more']);
    expect(sent.at(MAX_KEPT + 1)).toBeUndefined();
  });

  it('W5: nobody waits for a message after the end', () => {
    const sent = new SentMessages(true);
    let heard = 0;
    sent.add({ callback: () => heard++ }, 'a');
    sent.end();
    expect(heard).toBe(1);
    expect(sent.replayable).toBe(false);
  });
});
