import { describe, expect, it } from 'vitest';
import { ConfigError, TimeoutError } from '../../src/errors.js';
import { noteOnCall } from '../../src/grpc/call-notes.js';
import { GrpcError, statusIn } from '../../src/grpc/grpc-error.js';
import { isOverloadStatus, signOfStatus } from '../../src/grpc/meaning.js';
import { isMessageTooLarge } from '../../src/grpc/message-size.js';
import { GrpcStatus, statusName } from '../../src/grpc/status.js';
import {
  countingHandle,
  delayFrom,
  isGrpcFailure,
  isGrpcOverload,
  retryHandle,
  statusOf,
} from '../../src/grpc/verdict.js';
import { signsIn } from '../../src/pipeline/outcome/failure-rule.js';
import type { Outcome } from '../../src/pipeline/outcome/outcome.js';
import { failure, success } from '../../src/pipeline/outcome/outcome.js';

const all = Object.values(GrpcStatus);
const withSign = (sign: string) =>
  all.filter((code) => signOfStatus(code, false) === sign).map(statusName);

const failed = (code: number, details = ''): Outcome => failure(new GrpcError(code, details, {}));

describe('what a status means', () => {
  it('W7: answers count as successes of the upstream', () => {
    expect(withSign('success')).toEqual([
      'OK',
      'INVALID_ARGUMENT',
      'NOT_FOUND',
      'ALREADY_EXISTS',
      'PERMISSION_DENIED',
      'FAILED_PRECONDITION',
      'ABORTED',
      'OUT_OF_RANGE',
      'UNIMPLEMENTED',
      'UNAUTHENTICATED',
    ]);
  });

  it('W7: failures, one that is busy, and one that says nothing', () => {
    expect(withSign('failure')).toEqual([
      'UNKNOWN',
      'DEADLINE_EXCEEDED',
      'INTERNAL',
      'UNAVAILABLE',
      'DATA_LOSS',
    ]);
    expect(withSign('busy')).toEqual(['RESOURCE_EXHAUSTED']);
    expect(withSign('nothing')).toEqual(['CANCELLED']);
  });

  it('W7: a code that gRPC does not know is UNKNOWN', () => {
    expect(statusName(99)).toBe('UNKNOWN');
    expect(signOfStatus(99, false)).toBe('failure');
  });

  it.each([
    'Received message larger than max (5000000 vs 4194304)',
    'Attempted to send message with a size larger than 10',
    'grpc: received message larger than max (5 vs. 4)',
    'trying to send message larger than max (5 vs. 4)',
    'gRPC message exceeds maximum size 4194304: 5000000',
    'message size 9 is larger than configured readMaxBytes 4',
  ])('W7: %s is no sign of an overload, or of anything', (details) => {
    expect(isMessageTooLarge(GrpcStatus.RESOURCE_EXHAUSTED, details)).toBe(true);
    expect(isMessageTooLarge(GrpcStatus.INTERNAL, details)).toBe(false);
    expect(isGrpcFailure(failed(GrpcStatus.RESOURCE_EXHAUSTED, details))).toBe(false);
    expect(isGrpcOverload(failed(GrpcStatus.RESOURCE_EXHAUSTED, details))).toBe(false);
  });

  it('W7: a quota is no message that is too large', () => {
    expect(isMessageTooLarge(GrpcStatus.RESOURCE_EXHAUSTED, 'quota of 5 messages')).toBe(false);
  });

  it('W7: overload is RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, and UNAVAILABLE if a server said it', () => {
    const overload = (reach: Parameters<typeof isOverloadStatus>[1]) =>
      all.filter((code) => isOverloadStatus(code, reach, false)).map(statusName);
    expect(overload('answered')).toEqual([
      'DEADLINE_EXCEEDED',
      'RESOURCE_EXHAUSTED',
      'UNAVAILABLE',
    ]);
    for (const reach of ['nowhere', 'unknown', 'begun'] as const) {
      expect(overload(reach)).toEqual(['DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED']);
    }
    expect(isOverloadStatus(GrpcStatus.RESOURCE_EXHAUSTED, 'answered', true)).toBe(false);
  });
});

describe('what an outcome means', () => {
  const refused = failure(new TimeoutError('inside'), 'rejected');
  const cancelled = failure(new Error('gone'), 'cancelled');
  const late = failure(new TimeoutError('late'));

  it('W7: timeouts are failures and overload, refusals and aborts are neither', () => {
    expect([late, refused, cancelled, success(1)].map(isGrpcFailure)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([late, refused, cancelled, success(1)].map(isGrpcOverload)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('W7: an error without a status says nothing about the upstream', () => {
    const bug = failure(new TypeError('x is not a function'));
    expect(isGrpcFailure(bug)).toBe(false);
    expect(isGrpcOverload(bug)).toBe(false);
    expect(signsIn(isGrpcFailure)?.(bug)).toBe('nothing');
    expect(isGrpcFailure(failure(new ConfigError('wrong')))).toBe(false);
  });

  it('W7: a handle of a policy decides, and RESOURCE_EXHAUSTED stays busy', () => {
    const signs = signsIn(countingHandle(() => true));
    expect(signs?.(failed(GrpcStatus.NOT_FOUND))).toBe('failure');
    expect(signs?.(failed(GrpcStatus.RESOURCE_EXHAUSTED))).toBe('busy');
    const none = signsIn(countingHandle(() => false));
    expect(none?.(failed(GrpcStatus.UNAVAILABLE))).toBe('success');
    expect(none?.(failure(new TypeError('bug')))).toBe('nothing');
    expect(none?.(refused)).toBe('nothing');
    expect(signsIn(countingHandle(() => 'ignore'))?.(late)).toBe('nothing');
    expect(countingHandle(undefined)).toBe(isGrpcFailure);
  });

  it('W2: without notes, only UNAVAILABLE is repeated; with them, what they say', () => {
    const handles = retryHandle(undefined) as (outcome: Outcome) => boolean;
    expect(handles(failed(GrpcStatus.UNAVAILABLE))).toBe(true);
    expect(handles(failed(GrpcStatus.INTERNAL))).toBe(false);
    expect(handles(late)).toBe(false);
    expect(handles(success(1))).toBe(false);
    const error = new GrpcError(GrpcStatus.UNAVAILABLE, '', {});
    const known = { reach: 'answered', tooLarge: false, pushback: 7 } as const;
    noteOnCall(error, { ...known, worth: true, final: true });
    expect(handles(failure(error))).toBe(false);
    expect(retryHandle(() => true)(failure(error))).toBe(false);
    noteOnCall(error, { ...known, worth: true, final: false });
    expect(handles(failure(error))).toBe(true);
    expect(delayFrom(failure(error))).toBe(7);
  });

  it('W3: without a pushback, the error may ask for a delay', () => {
    expect(delayFrom(failure({ retryAfter: 30 }))).toBe(30);
    expect(delayFrom(success({ retryAfter: 30 }))).toBeUndefined();
  });

  it('reads the status in errors of grpc-js and Connect, and in no others', () => {
    expect(statusIn({ code: 14, details: 'down', metadata: {} })).toEqual({
      code: 14,
      details: 'down',
    });
    const connect = { code: 5, rawMessage: 'none', metadata: new Map(), details: [] };
    expect(statusIn(connect)).toEqual({ code: 5, details: 'none' });
    for (const other of [
      new DOMException('gone', 'NotFoundError'),
      { code: 0, details: '' },
      { code: 17, details: '' },
      { code: '14', details: '' },
      { code: 14 },
      null,
      'text',
      new Proxy({}, { get: () => expect.fail('asked') }),
    ]) {
      expect(statusIn(other)).toBeUndefined();
    }
    expect(statusOf(new GrpcError(8, '', {}))).toBe(8);
  });

  it('an error is named by its status, which is the error.type of telemetry', () => {
    const cause = { code: 14 };
    const error = new GrpcError(14, 'down', cause);
    expect(String(error)).toBe('UNAVAILABLE: 14 UNAVAILABLE: down');
    expect(error.cause).toBe(cause);
    expect(Object.keys(error)).toEqual(['code', 'details']);
  });
});
