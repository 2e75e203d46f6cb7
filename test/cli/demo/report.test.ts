import { describe, expect, it } from 'vitest';
import { count, noPaint, percent, seconds } from '../../../src/cli/demo/format.js';
import type { Recovery } from '../../../src/cli/demo/recovery.js';
import { report } from '../../../src/cli/demo/report.js';
import type { DemoResult, SideResult } from '../../../src/cli/demo/result.js';

const recoveries = (...afters: (number | Recovery['state'])[]): Recovery[] =>
  afters.map((after, index) => ({
    trigger: ['slowdown', 'failures'][index] ?? '',
    state: typeof after === 'number' ? 'back' : after,
    afterMs: typeof after === 'number' ? after : 0,
  }));

const side: SideResult = {
  name: 'fetch',
  recoveries: recoveries(3_900, 0),
  calls: 2_550,
  answered: 1_248,
  failed: 1_302,
  waiting: 0,
  sent: 2_550,
  upstream: {
    requests: 2_549,
    requestsByPhase: [300, 450, 825, 375, 599],
    wasted: 947,
    maxQueued: 386,
    connections: 900,
  },
};

const result: DemoResult = {
  seed: 1,
  rate: 150,
  seconds: 17,
  ranMs: 18_000,
  interrupted: false,
  phases: [],
  sides: [
    side,
    {
      ...side,
      name: 'naive retries',
      recoveries: recoveries('never', 'never'),
      answered: 303,
      sent: 9_291,
      upstream: { ...side.upstream, wasted: 2_707, maxQueued: 6_321 },
    },
    {
      ...side,
      name: 'holdfast',
      recoveries: recoveries('never', 1_200),
      answered: 2_549,
      sent: 2_601,
      upstream: { ...side.upstream, wasted: 0, maxQueued: 12 },
    },
  ],
};

describe('report', () => {
  it('is a table that fits into 60 columns', () => {
    const lines = report(result, noPaint);
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "                          fetch naive retries      holdfast
       ──────────────────────────────────────────────────────────
       back after
         the slowdown           3.9 s         never         never
         the failures           0.0 s         never         1.2 s
       calls                    2,550         2,550         2,550
         answered         1,248 (49%)     303 (12%)  2,549 (>99%)
       requests sent            2,550         9,291         2,601
         for each call           1.00          3.64          1.02
         for nobody               947         2,707             0
       longest queue              386         6,321            12
       ──────────────────────────────────────────────────────────
       fetch: back after 3.9 s, then after 0.0 s.
       naive retries: never back.
       holdfast: never, then after 1.2 s.

       Every call may take 1.0 s. Each side has its own upstream.
       back: from the end of what went wrong to the first second
       of whose calls 95% as many were answered as at first.
       for nobody: worked on when the caller had left the queue.
       naive retries: up to 3, after 20, 40, 80 ms; 300 ms each.
       holdfast: 10 clients, each with a service of its own:
       defineService('inventory', { baseUrl, operations })"
    `);
    for (const line of lines) expect(line.length).toBeLessThan(60);
  });

  it('fits with the largest counts', () => {
    const large = { ...side, calls: 600_000, answered: 599_999, sent: 2_400_000 };
    const sides = result.sides.map(({ name }) => ({
      ...large,
      name,
      recoveries: recoveries(599_900, 599_900),
    }));
    for (const line of report({ ...result, sides }, noPaint)) expect(line.length).toBeLessThan(60);
  });

  it('says when it was stopped, and concludes nothing', () => {
    const sides = result.sides.map((each) => ({
      ...each,
      waiting: 150,
      recoveries: recoveries('away', 'ahead'),
    }));
    const text = report({ ...result, sides, ranMs: 7_400, interrupted: true }, noPaint).join('\n');
    expect(text).toContain('Stopped after 7.4 s: the counts so far.');
    expect(text).toMatch(/waiting +150 +150 +150/);
    expect(text).toMatch(/the slowdown +not yet +not yet +not yet/);
    expect(text).toMatch(/the failures +- +- +-/);
    expect(text).not.toContain('never back');
  });

  it('judges nothing where calls failed from the beginning', () => {
    const sides = result.sides.map((each) => ({
      ...each,
      recoveries: recoveries('unknown', 'unknown'),
    }));
    const text = report({ ...result, sides }, noPaint).join('\n');
    expect(text).toContain('This machine was too busy');
    expect(text).toMatch(/the slowdown +\? +\? +\?/);
    expect(text).not.toContain('never');
  });

  it('paints what became of the triggers', () => {
    const painted = report(result, (format, text) => `<${format}>${text}</${format}>`).join('\n');
    expect(painted).toMatch(/<green> +3\.9 s<\/green>/);
    expect(painted).toMatch(/<red> +never<\/red>/);
  });
});

describe('format', () => {
  it('groups thousands', () => {
    expect([count(0), count(999), count(1_234_567)]).toEqual(['0', '999', '1,234,567']);
  });

  it('never rounds a share to none or all', () => {
    expect([percent(0, 10), percent(0, 0), percent(10, 10)]).toEqual(['0%', '0%', '100%']);
    expect([percent(1, 1_000), percent(999, 1_000), percent(333, 1_000)]).toEqual([
      '<1%',
      '>99%',
      '33%',
    ]);
  });

  it('has one decimal of seconds', () => {
    expect([0, 340, 3_960, 65_000].map(seconds)).toEqual(['0.0 s', '0.3 s', '4.0 s', '65.0 s']);
  });
});
