import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import {
  deadlineOfCall,
  endsWithParent,
  wallDeadline,
} from '../../../src/grpc/grpc-js/deadlines.js';
import { isGrpcAnswer, reachOf } from '../../../src/grpc/grpc-js/reach.js';
import type { GrpcCallOptions } from '../../../src/grpc/grpc-js/types.js';
import { kindOf, methodOf } from '../../../src/grpc/method.js';
import { statusOfRefusal } from '../../../src/grpc/refusal-status.js';
import {
  CircuitIsolatedError,
  CircuitOpenError,
  ContractError,
  DrainingError,
  LimitExceededError,
  ThrottledError,
  TimeoutError,
} from '../../../src/index.js';

const metadata = (type?: string): Metadata => {
  const made = new Metadata();
  if (type !== undefined) made.set('content-type', type);
  return made;
};

const local = (details: string, code = 14) => ({ code, details, metadata: metadata() });

describe('how far a call got', () => {
  it.each([
    'No connection established. Last error: connect ECONNREFUSED',
    'round_robin: No connection established. Last error: null',
    'weighted_round_robin: No connection established',
    'Name resolution failed for target dns:nowhere.invalid:1',
    'Stream refused by server',
    'Failed to start HTTP/2 stream with error closed',
    'Deadline exceeded after 0.1s,name resolution: 0.01s,Waiting for LB pick',
    'Deadline exceeded after 0.1s,waiting for name resolution',
  ])('W2: nowhere: %s', (details) => {
    expect(reachOf(local(details))).toBe('nowhere');
  });

  it.each(['Connection dropped', 'read ECONNRESET', 'Call cancelled', ''])(
    'W2: nobody knows: %s',
    (details) => {
      expect(reachOf(local(details))).toBe('unknown');
    },
  );

  it.each([
    'Request message serialization failure: price: integer expected',
    'Getting metadata from plugin failed with error: no token',
    'Invalid status from control plane: 3 INVALID_ARGUMENT Getting metadata from plugin failed with error: no token',
  ])('W2: not even sent: %s', (details) => {
    expect(reachOf(local(details, 13))).toBe('unsent');
    expect(reachOf({ code: 13, details, metadata: metadata('application/grpc') })).toBe('answered');
  });

  it('W2: what a server writes is an answer, even if it quotes such a text', () => {
    const details = 'No connection established';
    expect(reachOf({ code: 14, details, metadata: metadata('application/grpc') })).toBe('answered');
  });

  it('W2: a proxy that answers 503 or 429 has not passed the call on; of others nobody knows', () => {
    const html = (status: number) =>
      reachOf({
        code: 14,
        details: `Received HTTP status code ${status}`,
        metadata: metadata('text/html'),
      });
    expect([429, 503].map(html)).toEqual(['answered', 'answered']);
    expect([502, 504, 500].map(html)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(reachOf(local('Received HTTP status code 503'))).toBe('answered');
    expect(reachOf({ code: 2, details: '', metadata: metadata('text/html') })).toBe('unknown');
  });

  it('W2: headers of a proxy are no answer that has begun', () => {
    expect(isGrpcAnswer(metadata('application/grpc+proto'))).toBe(true);
    expect(isGrpcAnswer(metadata())).toBe(true);
    expect(isGrpcAnswer(metadata('text/html'))).toBe(false);
  });
});

describe('the deadline of a call', () => {
  const method_definition = { path: '/a/b', requestStream: false, responseStream: false };
  const parent = { getDeadline: () => 500 };
  const of = (more: Partial<GrpcCallOptions>) => deadlineOfCall({ method_definition, ...more });

  it('W4: is its own, or that of the served call, whichever is nearer', () => {
    expect(of({})).toBe(Infinity);
    expect(of({ deadline: 700 })).toBe(700);
    expect(of({ deadline: new Date(700), parent })).toBe(500);
    expect(of({ deadline: 300, parent })).toBe(300);
    expect(of({ parent: { getDeadline: () => new Date(400) } })).toBe(400);
  });

  it('W4: the flags say what is passed on', () => {
    expect(of({ deadline: 700, parent, propagate_flags: 8 })).toBe(700);
    expect(of({ deadline: 700, parent, propagate_flags: 1 })).toBe(500);
    expect(endsWithParent({ method_definition, parent })).toBe(true);
    expect(endsWithParent({ method_definition, parent, propagate_flags: 1 })).toBe(false);
    expect(endsWithParent({ method_definition })).toBe(false);
  });

  it('W4: none, and one that no header can tell, are none', () => {
    expect(wallDeadline(Number.MAX_SAFE_INTEGER)).toBe(Infinity);
    expect(wallDeadline(Number.POSITIVE_INFINITY)).toBe(Infinity);
    expect(wallDeadline(undefined)).toBe(Infinity);
    expect(wallDeadline(null)).toBe(Infinity);
  });
});

describe('the method of a call', () => {
  it.each([
    ['/shop.Stock/Get', 'shop.Stock', 'Get'],
    ['shop.Stock/Get', 'shop.Stock', 'Get'],
    ['/Get', '', 'Get'],
    ['Get', '', 'Get'],
    ['/a/b/c', 'a/b', 'c'],
  ])('%s', (path, service, method) => {
    expect(methodOf(path, 'unary', undefined)).toMatchObject({ path, service, method });
  });

  it('has a kind', () => {
    const of = (request: boolean, response: boolean) => kindOf(request, response);
    expect([of(false, false), of(true, false), of(false, true), of(true, true)]).toEqual([
      'unary',
      'client_streaming',
      'server_streaming',
      'bidi_streaming',
    ]);
  });
});

describe('the status of a refusal', () => {
  it.each([
    [new CircuitOpenError('open'), 14],
    [new CircuitIsolatedError('isolated'), 14],
    [new DrainingError('draining'), 14],
    [new LimitExceededError('limit'), 8],
    [new ThrottledError('throttled'), 8],
    [new TimeoutError('late', { policy: 'attempt_timeout' }), 4],
    [new TimeoutError('stalls', { policy: 'idle_timeout' }), 14],
    [new ContractError('broken'), 13],
    [new TypeError('bug'), 13],
    ['text', 13],
  ])('W8: of %s is %i', (error, code) => {
    expect(statusOfRefusal(error).code).toBe(code);
  });
});
