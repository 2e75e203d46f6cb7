import { describe, expect, it } from 'vitest';
import type { AttemptFacts, Reach } from '../../src/grpc/repeat-rule.js';
import { repeatRule } from '../../src/grpc/repeat-rule.js';
import { GrpcStatus, statusName } from '../../src/grpc/status.js';

const retryable: ReadonlySet<number> = new Set([GrpcStatus.UNAVAILABLE]);

const facts: AttemptFacts = {
  code: GrpcStatus.UNAVAILABLE,
  reach: 'answered',
  idempotent: undefined,
  pushback: undefined,
  replayable: true,
  tooLarge: false,
};

const repeats = (more: Partial<AttemptFacts>, codes = retryable): boolean => {
  const { worth, final } = repeatRule({ ...facts, ...more }, codes);
  return worth && !final;
};

const codes = Array.from({ length: 16 }, (_, i) => i + 1);
const reaches: readonly Reach[] = ['nowhere', 'answered', 'unknown', 'begun'];
const answers = [undefined, true, false] as const;

const repeatedOf = (reach: Reach, idempotent: boolean | undefined, told = retryable) =>
  codes.filter((code) => repeats({ code, reach, idempotent }, told)).map(statusName);

const TRANSIENT = ['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE'];

describe('which calls are repeated', () => {
  it.each(answers)('W2: what no server has begun with, always (idempotent: %s)', (idempotent) => {
    expect(repeatedOf('nowhere', idempotent)).toHaveLength(codes.length);
  });

  it('W2: what a server answered, by the codes that are told, and more if the method may run twice', () => {
    expect(repeatedOf('answered', undefined)).toEqual(['UNAVAILABLE']);
    expect(repeatedOf('answered', true)).toEqual(TRANSIENT);
    expect(repeatedOf('answered', false)).toEqual([]);
    const told = new Set([GrpcStatus.ABORTED, GrpcStatus.RESOURCE_EXHAUSTED]);
    expect(repeatedOf('answered', undefined, told)).toEqual(['RESOURCE_EXHAUSTED', 'ABORTED']);
  });

  it('W2: what may have run, only if the method may run twice', () => {
    expect(repeatedOf('unknown', undefined)).toEqual([]);
    expect(repeatedOf('unknown', false)).toEqual([]);
    expect(repeatedOf('unknown', true)).toEqual(TRANSIENT);
  });

  it('W2: never once the answer has begun', () => {
    for (const idempotent of answers) expect(repeatedOf('begun', idempotent)).toEqual([]);
  });

  it('W2: never if not all that was sent is kept, or if a message is too large', () => {
    for (const reach of reaches) {
      for (const idempotent of answers) {
        for (const code of codes) {
          expect(repeats({ code, reach, idempotent, replayable: false })).toBe(false);
          expect(repeats({ code, reach, idempotent, tooLarge: true })).toBe(false);
        }
      }
    }
  });

  it('W3: never if the server forbids it; a wait that it asks for allows nothing more', () => {
    for (const reach of reaches) {
      for (const idempotent of answers) {
        for (const code of codes) {
          const without = repeats({ code, reach, idempotent });
          expect(repeats({ code, reach, idempotent, pushback: 'never' })).toBe(false);
          expect(repeats({ code, reach, idempotent, pushback: 5 })).toBe(without);
        }
      }
    }
  });

  it('W2: a handle of a policy cannot override what must not be sent again', () => {
    const final = (more: Partial<AttemptFacts>) =>
      repeatRule({ ...facts, ...more }, retryable).final;
    expect(final({ code: GrpcStatus.ABORTED })).toBe(false);
    expect(final({ code: GrpcStatus.ABORTED, reach: 'unknown' })).toBe(true);
    expect(final({ code: GrpcStatus.ABORTED, idempotent: false })).toBe(true);
    expect(final({ reach: 'begun', idempotent: true })).toBe(true);
  });
});
