import { describe, expect, it } from 'vitest';
import { count, countOf, measured, noPaint, time } from '../../../src/cli/demo/format.js';
import { report } from '../../../src/cli/demo/report.js';
import type { DemoResult, SideResult } from '../../../src/cli/demo/result.js';
import { PIPELINE_WORDS } from '../../../src/cli/demo/sides.js';

const at = (ms: number, atLeast = false) => ({ ms, atLeast });

const side: SideResult = {
  calls: 1_800,
  answered: 1_013,
  degraded: 0,
  failed: 787,
  unanswered: 400,
  waits: { p50: at(47), p99: at(9_826, true), longest: at(10_004, true) },
  maxWaiting: 411,
  sent: 1_800,
  upstream: {
    requests: 1_801,
    requestsByPhase: { good: 300, slow: 300, failing: 399, hanging: 402, recovering: 400 },
    connections: 420,
  },
};

const result: DemoResult = {
  seed: 1,
  rate: 100,
  seconds: 18,
  ranMs: 20_000,
  interrupted: false,
  phases: [],
  plain: side,
  holdfast: {
    ...side,
    answered: 1_000,
    degraded: 797,
    failed: 3,
    unanswered: 0,
    waits: { p50: at(25), p99: at(569), longest: at(1_044) },
    maxWaiting: 29,
    upstream: { ...side.upstream, requests: 1_391, requestsByPhase: { failing: 300, hanging: 37 } },
    pipeline: {
      attempts: 1_391,
      retries: 283,
      timeouts: 40,
      fallbacks: 797,
      breaker: { openMs: 6_240, opened: 6 },
    },
  },
};

describe('report', () => {
  it('is a table that fits into 80 columns', () => {
    const lines = report(result, PIPELINE_WORDS, noPaint);
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "                                             plain fetch     with holdfast
        ────────────────────────────────────────────────────────────────────────
        calls                                            1,800             1,800
        answered by the upstream                   1,013 (56%)       1,000 (56%)
        answered by the fallback                             -         797 (44%)
        failed                                       787 (44%)           3 (<1%)
          never answered                                   400                 0
        callers waited, p50                              47 ms             25 ms
        callers waited, p99                           > 9.83 s            569 ms
        longest wait                                  > 10.0 s            1.04 s
        most callers waiting at once                       411                29
        requests the upstream got                        1,801             1,391
          while it failed or hung                          801               337
          retries                                            -               283
        circuit breaker open                                 -             6.2 s
        ────────────────────────────────────────────────────────────────────────
        With plain fetch 787 of 1,800 callers got an error, or nothing at all.
        With holdfast 3 of 1,800 did; 797 got the fallback's answer instead.

        plain fetch:   fetch as it comes, which has no timeout to speak of
        with holdfast: fallback > timeout 2s > retry (2) > circuit breaker
                       > timeout 300ms > bulkhead (50) > the same fetch"
    `);
    for (const line of lines) expect(line.length).toBeLessThan(80);
  });

  it('says when it was stopped, and concludes nothing', () => {
    const text = report(
      { ...result, ranMs: 7_400, interrupted: true },
      PIPELINE_WORDS,
      noPaint,
    ).join('\n');
    expect(text).toContain('Stopped after 7.4 s: the counts so far.');
    expect(text).toContain('waiting when it was stopped');
    expect(text).not.toContain('never answered');
    expect(text).not.toContain('nothing at all');
  });

  it('says never of a breaker that did not open', () => {
    const { pipeline } = result.holdfast;
    const quiet = { ...pipeline, breaker: { openMs: 0, opened: 0 } };
    const text = report(
      { ...result, holdfast: { ...result.holdfast, pipeline: quiet } },
      PIPELINE_WORDS,
      noPaint,
    );
    expect(text.join('\n')).toMatch(/circuit breaker open +- +never/);
  });

  it('paints bad counts, but not their absence', () => {
    const painted = report(
      result,
      PIPELINE_WORDS,
      (format, text) => `<${format}>${text}</${format}>`,
    ).join('\n');
    expect(painted).toMatch(/<red> +787 \(44%\)<\/red>/);
    expect(painted).toMatch(/<red> +400<\/red> +0\n/);
  });
});

describe('format', () => {
  it('groups thousands', () => {
    expect([count(0), count(999), count(1_234_567)]).toEqual(['0', '999', '1,234,567']);
  });

  it('never rounds a share to none or all', () => {
    expect(countOf(0, 10)).toBe('0');
    expect(countOf(0, 0)).toBe('0');
    expect(countOf(10, 10)).toBe('10 (100%)');
    expect(countOf(1, 1_000)).toBe('1 (<1%)');
    expect(countOf(999, 1_000)).toBe('999 (>99%)');
    expect(countOf(333, 1_000)).toBe('333 (33%)');
  });

  it('has three digits of a time', () => {
    expect([0.2, 24.4, 999.4, 999.6, 1_236, 9_994, 9_996, 65_000].map(time)).toEqual([
      '0 ms',
      '24 ms',
      '999 ms',
      '1.00 s',
      '1.24 s',
      '9.99 s',
      '10.0 s',
      '65.0 s',
    ]);
    expect(measured(at(5_000, true))).toBe('> 5.00 s');
  });
});
