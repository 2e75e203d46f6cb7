import { describe, expect, it } from 'vitest';
import { setAttemptHeaders, timeoutIn } from '../../../src/grpc/connect/attempt-headers.js';

const CONNECT = { 'content-type': 'application/proto' };
const GRPC = { 'content-type': 'application/grpc+proto' };
const WEB = { 'content-type': 'application/grpc-web+proto' };

function set(given: Record<string, string>, attempt: number, leftMs: number): [string, string][] {
  const headers = new Headers(given);
  setAttemptHeaders(headers, attempt, leftMs);
  headers.delete('content-type');
  return [...headers];
}

describe('the headers of an attempt over Connect', () => {
  it('W13: tell how often the call was sent before', () => {
    expect(set(CONNECT, 1, Infinity)).toEqual([]);
    expect(set(CONNECT, 3, Infinity)).toEqual([['grpc-previous-rpc-attempts', '2']]);
    // What stands there is from another call: that of a server that passes headers on.
    const passedOn = { ...CONNECT, 'grpc-previous-rpc-attempts': '9' };
    expect(set(passedOn, 1, Infinity)).toEqual([]);
    expect(set(passedOn, 2, Infinity)).toEqual([['grpc-previous-rpc-attempts', '1']]);
  });

  it.each<[number, string, string]>([
    [1_500, '1500', '1500m'],
    [1_499.2, '1500', '1500m'],
    [0, '1', '0m'],
    [1e8, '100000000', '100000S'],
    [1e13, '9999999999', '166666667M'],
  ])('W15: tell the time that is left: %d ms', (leftMs, connect, grpc) => {
    expect(set(CONNECT, 1, leftMs)).toEqual([['connect-timeout-ms', connect]]);
    if (leftMs > 1e12) return;
    for (const each of [GRPC, WEB]) {
      expect(set(each, 1, leftMs)).toEqual([['grpc-timeout', grpc]]);
    }
  });

  it('W15: replace the time of the transport', () => {
    expect(set({ ...CONNECT, 'connect-timeout-ms': '9000' }, 1, 70)).toEqual([
      ['connect-timeout-ms', '70'],
    ]);
    expect(set({ ...GRPC, 'grpc-timeout': '9S' }, 1, 70)).toEqual([['grpc-timeout', '70m']]);
    expect(set({ ...GRPC, 'grpc-timeout': '9S' }, 1, Infinity)).toEqual([['grpc-timeout', '9S']]);
  });

  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'connect-timeout-ms': '250' }, 250],
    [{ 'connect-timeout-ms': '0' }, 0],
    [{ 'connect-timeout-ms': 'soon' }, undefined],
    [{ 'connect-timeout-ms': '-1' }, undefined],
    [{ 'connect-timeout-ms': '12345678901' }, undefined],
    [{ 'grpc-timeout': '250m' }, 250],
    [{ 'grpc-timeout': '2S' }, 2_000],
    [{ 'grpc-timeout': '250' }, undefined],
  ])("the caller's time is read from %o", (given, ms) => {
    expect(timeoutIn(new Headers(given))).toBe(ms);
  });
});
