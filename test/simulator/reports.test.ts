import { beforeAll, describe, expect, it } from 'vitest';
import { armChart } from '../../src/simulator/chart/arm-chart.js';
import { panel } from '../../src/simulator/chart/panel.js';
import { niceEnd, scalesOf, tickOf } from '../../src/simulator/chart/scales.js';
import { xml } from '../../src/simulator/chart/xml.js';
import { back, decimal, percent } from '../../src/simulator/figures.js';
import {
  arms,
  type Report,
  type Scenario,
  simulate,
  toHtml,
  toJson,
  toSvg,
  toTable,
} from '../../src/simulator/index.js';
import { short } from './support/short.js';

const HOSTILE = `<script>alert("1 & 2")</script>'`;
const LONG = 'an arm whose name is longer than the column';

let report: Report;
beforeAll(async () => {
  const { none, naive } = arms;
  const scenario: Scenario = { ...short, name: HOSTILE, about: `About ${HOSTILE}` };
  report = await simulate({
    scenario,
    arms: { none, naive, [LONG]: none, '<b>': none },
    seeds: [1, 2],
  });
});

describe('figures', () => {
  it('do not hide that something is not quite all, or not quite nothing', () => {
    expect([0, 1, 0.5, 0.9999, 0.0001, 0.9986, NaN].map(percent)).toEqual([
      '0%',
      '100%',
      '50.0%',
      '>99.9%',
      '<0.1%',
      '99.9%',
      '-',
    ]);
    expect([1, 12.34, 123.4, NaN].map((value) => decimal(value, 's'))).toEqual([
      '1 s',
      '12.3 s',
      '123 s',
      '-',
    ]);
  });

  it('say in how many runs goodput never came back', () => {
    const [run] = report.arms['none']?.runs ?? [];
    const summary = { ...report.arms['none']?.summary } as Report['arms'][string]['summary'];
    const of = (...recoveries: number[]): string =>
      back({
        summary: { ...summary, recovery: recoveries.includes(Infinity) ? Infinity : 4 },
        runs: recoveries.map((recovery) => ({
          ...run,
          measures: { ...summary, recovery },
        })) as never,
      });
    expect(of(3, 5)).toBe('4 s');
    expect(of(3, Infinity, 5)).toBe('1/3 not');
    expect(of(Infinity, Infinity)).toBe('never');
  });
});

describe('a table', () => {
  it('has a line for each arm, and 80 columns', () => {
    const table = toTable(report);
    const lines = table.split('\n');
    expect(lines[0]).toContain('means of the seeds 1, 2');
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(80);
    expect(table).toMatch(/\nnone +100% +[\d.]+% +[\d.]+% +[\d.]+ s +[\d.]+ s +1\.00x/);
    expect(table).toMatch(/\nnaive .* never /);
    expect(table).toContain(`\n${LONG}\n    `);
  });

  it('has dashes for what there is none of', async () => {
    const steady = await simulate({
      scenario: { ...short, triggers: [], arrivals: '6s' },
      arms: { none: arms.none },
      seeds: [1],
    });
    expect(toTable(steady)).toMatch(/\nnone +100% +- +- +- +0 s/);
  });
});

describe('what only some scenarios have', () => {
  it('is in the table and on the page: classes, what the quota turned away, what was dropped', async () => {
    const found = await simulate({
      scenario: {
        ...short,
        priorities: { high: 0.3, low: 0.7 },
        quota: { limit: 100 },
        knowsDeadlines: true,
      },
      arms: { none: arms.none },
      seeds: [1],
    });
    const lines = [
      /high: answered in time [\d.]+% before, [\d.]+% during, [\d.]+% after/,
      /low: answered in time/,
      /over the quota: [\d.]+% of the requests/,
      /dropped because their deadline had passed: 0% of the requests/,
    ];
    for (const line of lines) {
      expect(toTable(found)).toMatch(line);
      expect(toHtml(found)).toMatch(line);
    }
    for (const line of toTable(found).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(unbalanced(toHtml(found))).toEqual([]);
    expect(toTable(report)).not.toMatch(/quota|dropped|answered in time [\d.]/);
  });
});

describe('JSON', () => {
  it('says never and null for what JSON does not know', () => {
    const parsed = JSON.parse(toJson(report)) as Report;
    expect(parsed.arms['naive']?.summary.recovery).toBe('never');
    expect(parsed.scenario).toEqual(report.scenario);
    expect(parsed.arms['none']?.runs).toEqual(report.arms['none']?.runs);
  });
});

/** Every tag that is opened is closed, in order. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', self] of text.matchAll(/<(\/?)([a-zA-Z][\w]*)[^>]*?(\/?)>/g)) {
    if (self === '/' || name === 'meta') continue;
    if (slash !== '/') open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe.each([
  ['HTML', toHtml],
  ['SVG', toSvg],
])('%s', (_kind, render) => {
  it('is whole, with all texts escaped', () => {
    const text = render(report);
    expect(unbalanced(text)).toEqual([]);
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<b>');
    expect(text).toContain('&lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;&#39;');
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('loads nothing from anywhere, and knows dark pages', () => {
    const text = render(report);
    expect(text.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|url\(|@import|src=|href=/,
    );
    expect(text).toContain('prefers-color-scheme:dark');
  });

  it('is the same for the same report', () => {
    expect(render(structuredClone(report))).toBe(render(report));
  });
});

describe('a chart that stands alone', () => {
  it('has a ground of its own, which those in a page need not', () => {
    expect(toSvg(report)).toMatch(/<rect class="hf-ground"/);
    expect(toHtml(report)).not.toContain('hf-ground');
  });
});

describe('charts', () => {
  it('have the same scales for all arms, on which the largest value fits', () => {
    const scales = scalesOf(report);
    const all = Object.values(report.arms).map(({ runs }) => runs[0]?.series);
    const most = Math.max(...all.flatMap((series) => series?.requests ?? []));
    expect(scales.requests).toBeGreaterThanOrEqual(most);
    expect(scales.requests).toBeLessThan(2 * most);
    expect(scales).toMatchObject({ seconds: 20, open: undefined, limit: undefined });
  });

  it('shade the trouble where it was', () => {
    const { none } = report.arms;
    const [run] = none?.runs ?? [];
    if (none === undefined || run === undefined) throw new Error('no run');
    // 20 s on 304 points, from 46 on: 6 s to 8 s.
    const shade = /hf-trigger" x="137.2" y="64" width="30.4"/;
    expect(armChart('x', none, run, scalesOf(report))).toMatch(shade);
    const forGood = {
      ...run,
      triggers: [{ kind: 'slowdown', startMs: 6_000, endMs: null }] as const,
    };
    expect(armChart('x', none, forGood, scalesOf(report))).toMatch(
      /x="137.2" y="64" width="212.8"/,
    );
  });

  it('break a line where a number is missing', () => {
    const frame = { left: 0, top: 0, width: 40, height: 10, seconds: 4, end: 2 };
    const drawn = panel(frame, 't', 'e', [{ kind: 'k', values: [1, 2, null, 0], filled: false }]);
    expect(drawn).toContain('<path class="k" d="M5 5L15 0M35 10"/>');
  });

  it('end at round numbers', () => {
    expect([0, 0.4, 1, 7, 11, 123, 999, 4_100].map(niceEnd)).toEqual([
      1, 1, 1, 8, 12, 150, 1_000, 5_000,
    ]);
    expect([5, 20, 60, 120, 240, 7_200].map(tickOf)).toEqual([1, 5, 15, 30, 60, 1_800]);
  });

  it('escape what XML does not allow', () => {
    expect(xml('a\u0000<b c="\u001b">\t')).toBe('a\uFFFD&lt;b c=&quot;\uFFFD&quot;&gt;\t');
  });
});
