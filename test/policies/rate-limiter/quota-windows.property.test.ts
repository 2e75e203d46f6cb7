import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamQuota } from '../../../src/policies/rate-limiter/upstream-quota.js';

const LIMIT = 12;
const WINDOW_MS = 200;

/** Where the windows of an upstream begin: each at the end of the last one, or with the first call after it. */
const KINDS = ['in a row', 'by calls'] as const;

/** An upstream that counts in order of arrival. Its first window begins at 0. */
class Upstream {
  readonly #kind: (typeof KINDS)[number];
  used = 0;
  until = WINDOW_MS;

  constructor(kind: (typeof KINDS)[number]) {
    this.#kind = kind;
  }

  /** Whether it would take this call now. */
  hasRoom(cost: number, now: number): boolean {
    return now >= this.until ? cost <= LIMIT : this.used + cost <= LIMIT;
  }

  serve(cost: number, now: number): void {
    if (now >= this.until) {
      this.used = 0;
      const since = this.#kind === 'in a row' ? (now - this.until) % WINDOW_MS : 0;
      this.until = now - since + WINDOW_MS;
    }
    this.used += cost;
  }

  get says() {
    return { limit: LIMIT, remaining: LIMIT - this.used, windowMs: WINDOW_MS };
  }
}

const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 700 })),
    cost: fc.integer({ min: 1, max: 4 }),
    answers: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
);

/** A quota and upstreams that have served one call, of which the first one has told. */
function begun(...kinds: (typeof KINDS)[number][]) {
  const upstreams = kinds.map((kind) => new Upstream(kind));
  const quota = new UpstreamQuota(WINDOW_MS);
  for (const each of upstreams) each.serve(1, 0);
  quota.learn({ ...upstreams[0]?.says, resetMs: WINDOW_MS }, quota.take(1), 0);
  return { quota, upstreams };
}

describe('windows of which nobody has told', () => {
  it.each(KINDS)(
    'L6: an upstream with windows %s that counts in order of arrival is never asked for more than it has',
    (kind) => {
      fc.assert(
        fc.property(steps, (each) => {
          const { quota, upstreams } = begun(kind);
          const upstream = upstreams[0] as Upstream;
          let now = 0;
          const answers: [object, number][] = [];
          for (const { afterMs, cost, answers: comes } of each) {
            now += afterMs;
            // Answers come in any order, and late. Those of another window are not told any more.
            if (now >= upstream.until) answers.length = 0;
            const next = comes ? answers.pop() : undefined;
            if (next !== undefined)
              quota.learn({ ...next[0], resetMs: upstream.until - now }, next[1], now);
            if (quota.waitFor(cost, 0, now) > 0) continue;
            if (now >= upstream.until) answers.length = 0;
            upstream.serve(cost, now);
            expect(upstream.used).toBeLessThanOrEqual(LIMIT);
            answers.push([upstream.says, quota.take(cost)]);
          }
        }),
        { numRuns: 500 },
      );
    },
  );

  it('L6: who waits as long as told is let in, and nobody waits longer than both kinds of windows ask for', () => {
    fc.assert(
      fc.property(steps, (each) => {
        const { quota, upstreams } = begun(...KINDS);
        const haveRoom = (cost: number, at: number) =>
          upstreams.every((upstream) => upstream.hasRoom(cost, at));
        let now = 0;
        for (const { afterMs, cost, answers: waits } of each) {
          now += afterMs;
          const waitMs = quota.waitFor(cost, 0, now);
          expect(haveRoom(cost, now + waitMs)).toBe(true);
          if (waitMs > 0) expect(haveRoom(cost, now + waitMs - 1)).toBe(false);
          if (waitMs > 0 && !waits) continue;
          now += waitMs;
          expect(quota.waitFor(cost, 0, now)).toBe(0);
          for (const upstream of upstreams) upstream.serve(cost, now);
          quota.take(cost);
        }
        now += 2 * WINDOW_MS;
        expect(quota.waitFor(LIMIT, 0, now)).toBe(0);
        expect(quota.binds(now)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('L6: the wait after others is the time that it takes until they and it are let in', () => {
    fc.assert(
      fc.property(steps, fc.nat({ max: 60 }), (each, ahead) => {
        const { quota, upstreams } = begun(...KINDS);
        let now = 0;
        for (const { afterMs, cost } of each) {
          now += afterMs;
          if (quota.waitFor(cost, 0, now) > 0) continue;
          for (const upstream of upstreams) upstream.serve(cost, now);
          quota.take(cost);
        }
        const told = now + quota.waitFor(1, ahead, now);
        for (let i = 0; i <= ahead; i++) {
          while (upstreams.some((upstream) => !upstream.hasRoom(1, now))) now += 1;
          for (const upstream of upstreams) upstream.serve(1, now);
        }
        expect(told).toBe(now);
      }),
      { numRuns: 300 },
    );
  });
});
