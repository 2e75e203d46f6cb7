import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statusOfCode } from '../../../src/services/graphql/codes.js';
import { type JudgementRules, judge } from '../../../src/services/graphql/judgement.js';

const RULES: JudgementRules = { statusOf: () => undefined, judgesPartialData: false };
const error = (code: unknown) => ({ message: 'no', extensions: { code } });
const failing = (...codes: unknown[]) => ({ errors: codes.map(error), data: null });

const ANSWER = { failed: false, status: undefined };
const UNTOLD = { failed: undefined, status: undefined };

describe('the judgement of a result', () => {
  it.each([
    ['INTERNAL_SERVER_ERROR', 500],
    ['SERVICE_UNAVAILABLE', 503],
    ['TIMEOUT', 504],
    ['GATEWAY_TIMEOUT', 504],
    ['SUBREQUEST_HTTP_ERROR', 502],
    ['RATE_LIMITED', 429],
    ['TOO_MANY_REQUESTS', 429],
    ['THROTTLED', 429],
    ['unexpected', 500],
    ['service-unavailable', 503],
  ])('Y1: %s is a failure, like a %d', (code, status) => {
    expect(judge(failing(code), RULES)).toEqual({ failed: true, status });
    expect(judge({ errors: [error(code)] }, RULES)).toEqual({ failed: true, status });
  });

  it.each([
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'BAD_USER_INPUT',
    'GRAPHQL_PARSE_FAILED',
    'GRAPHQL_VALIDATION_FAILED',
    'PERSISTED_QUERY_NOT_FOUND',
    'validation-failed',
  ])('Y1: %s is an answer', (code) => {
    expect(judge(failing(code), RULES)).toEqual(ANSWER);
  });

  it.each([undefined, null, 7, '', 'OUT_OF_STOCK', {}, 'toString', '__proto__'])(
    'Y1: the code %o leaves it to the status of the response',
    (code) => {
      expect(judge(failing(code), RULES)).toEqual(UNTOLD);
      expect(judge(failing('FORBIDDEN', code), RULES)).toEqual(UNTOLD);
    },
  );

  it('Y1: the code may be the type of the error', () => {
    expect(judge({ errors: [{ type: 'RATE_LIMITED' }] }, RULES).failed).toBe(true);
    expect(judge({ errors: [{ type: 'X', extensions: { code: 'TIMEOUT' } }] }, RULES).failed).toBe(
      true,
    );
  });

  it('Y1: of several errors the worst counts, and a quota only if there is nothing else', () => {
    expect(judge(failing('FORBIDDEN', 'X', 'TIMEOUT'), RULES)).toEqual({
      failed: true,
      status: 504,
    });
    expect(judge(failing('RATE_LIMITED', 'INTERNAL_SERVER_ERROR'), RULES).status).toBe(500);
    expect(judge(failing('RATE_LIMITED', 'RATE_LIMITED'), RULES).status).toBe(429);
  });

  it('Y1: a result with data leaves it to the status of the response, unless its errors are to count', () => {
    const errors = [error('INTERNAL_SERVER_ERROR')];
    const all: JudgementRules = { ...RULES, judgesPartialData: true };
    expect(judge({ errors, data: { a: 1, b: null } }, RULES)).toEqual(UNTOLD);
    expect(judge({ errors, data: { a: 0 } }, RULES)).toEqual(UNTOLD);
    expect(judge({ errors, data: { a: 1, b: null } }, all).failed).toBe(true);
    // No field of it came.
    expect(judge({ errors, data: { a: null, b: null } }, RULES).failed).toBe(true);
    expect(judge({ errors, data: { __typename: 'Query', b: null } }, RULES).failed).toBe(true);
    expect(judge({ errors, data: {} }, RULES).failed).toBe(true);
  });

  it('Y1: the own codes come first, and see the whole error', () => {
    const seen: unknown[] = [];
    const rules: JudgementRules = {
      judgesPartialData: false,
      statusOf: (code, each) => {
        seen.push(code, each);
        return { SHARD_DOWN: 503, TIMEOUT: 200 }[code ?? ''];
      },
    };
    expect(judge(failing('SHARD_DOWN'), rules)).toEqual({ failed: true, status: 503 });
    expect(judge(failing('TIMEOUT'), rules)).toEqual(ANSWER);
    expect(judge(failing('FORBIDDEN'), rules)).toEqual(ANSWER);
    expect(seen).toEqual(
      ['SHARD_DOWN', 'TIMEOUT', 'FORBIDDEN'].flatMap((code) => [code, error(code)]),
    );
  });

  it('Y1: a batch fails if one of its results does', () => {
    const good = { data: { a: 1 } };
    expect(judge([good, failing('TIMEOUT')], RULES)).toEqual({ failed: true, status: 504 });
    expect(judge([failing('RATE_LIMITED'), failing('TIMEOUT')], RULES).status).toBe(504);
    expect(judge([failing('FORBIDDEN'), failing('NOT_FOUND')], RULES)).toEqual(ANSWER);
    expect(judge([good, failing('FORBIDDEN')], RULES)).toEqual(UNTOLD);
    expect(judge([], RULES)).toEqual(UNTOLD);
  });

  it('Y1: anything else says nothing, and never throws', () => {
    const shaped = fc.record(
      { errors: fc.anything(), data: fc.anything(), extensions: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shaped, fc.array(shaped)), (result) => {
        judge(result, RULES);
      }),
    );
    for (const each of [null, 7, 'x', {}, { data: null }, { errors: [] }, { errors: 'TIMEOUT' }]) {
      expect(judge(each, RULES)).toEqual(UNTOLD);
    }
    expect(judge({ errors: [null, 7, 'TIMEOUT', []] }, RULES)).toEqual(UNTOLD);
    expect(statusOfCode('constructor')).toBeUndefined();
  });
});
