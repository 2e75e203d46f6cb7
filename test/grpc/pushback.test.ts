import { describe, expect, it } from 'vitest';
import { previousAttempts } from '../../src/grpc/previous-attempts.js';
import { readPushback } from '../../src/grpc/pushback.js';

describe('pushback', () => {
  it.each([
    [[], undefined],
    [['0'], 0],
    [['250'], 250],
    [['2147483647'], 2_147_483_647],
    [['2147483648'], 'never'],
    [['-1'], 'never'],
    [[''], 'never'],
    [['soon'], 'never'],
    [['1.5'], 'never'],
    [['1e3'], 'never'],
    [[' 5'], 'never'],
    [['5', '5'], 'never'],
    [[new Uint8Array([1])], 'never'],
  ])('W3: of %j is %j', (values, pushback) => {
    expect(readPushback(values)).toBe(pushback);
  });

  it('W2: the first attempt tells nothing, the others tell how many were before', () => {
    expect([1, 2, 3].map(previousAttempts)).toEqual([undefined, '1', '2']);
  });
});
