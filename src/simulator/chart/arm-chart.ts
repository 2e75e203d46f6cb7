import { back, percent, times } from '../figures.js';
import type { ArmReport, RunReport } from '../report.js';
import type { Frame, Line } from './panel.js';
import { panel, round } from './panel.js';
import type { Scales } from './scales.js';
import { tickOf } from './scales.js';
import { xml } from './xml.js';

export const CHART_WIDTH = 360;
const LEFT = 46;
const RIGHT = 10;
const HEAD = 40;
const TITLE = 24;
const PANEL = 64;
const AXIS = 24;

interface PanelPlan {
  readonly title: string;
  readonly end: number;
  readonly endText: string;
  readonly lines: readonly Line[];
}

/** How high the chart of one arm is. */
export function chartHeight(scales: Scales): number {
  const extra = Number(scales.open !== undefined) + Number(scales.limit !== undefined);
  return HEAD + (3 + extra) * (TITLE + PANEL) + AXIS;
}

/** Draws one arm over time, as elements of an SVG that is `CHART_WIDTH` wide. */
export function armChart(name: string, arm: ArmReport, run: RunReport, scales: Scales): string {
  const frames: Frame[] = [];
  const panels = plansOf(run, scales).map(({ title, end, endText, lines }, i) => {
    const frame: Frame = {
      left: LEFT,
      top: HEAD + TITLE + i * (TITLE + PANEL),
      width: CHART_WIDTH - LEFT - RIGHT,
      height: PANEL,
      seconds: scales.seconds,
      end,
    };
    frames.push(frame);
    return panel(frame, title, endText, lines);
  });
  const bottom = HEAD + panels.length * (TITLE + PANEL);
  return [
    `<text class="hf-arm" x="${LEFT}" y="16">${xml(name)}</text>`,
    `<text x="${LEFT}" y="32">${xml(summaryText(arm))}</text>`,
    ...frames.flatMap((frame) => shades(run, frame)),
    ...panels,
    ...ticks(scales.seconds, bottom),
  ].join('\n');
}

/** What matters most about an arm, in words. */
export function summaryText(arm: ArmReport): string {
  const { recovery, amplification, wasted } = arm.summary;
  const texts = [`sent ${times(amplification)}`, `wasted ${percent(wasted)}`];
  return (Number.isNaN(recovery) ? texts : [`back: ${back(arm)}`, ...texts]).join(', ');
}

function plansOf({ series }: RunReport, scales: Scales): PanelPlan[] {
  const { requests, queued, open, limit } = scales;
  const plans: PanelPlan[] = [
    {
      title: 'calls answered in time',
      end: 1,
      endText: '100%',
      lines: [{ kind: 'hf-goodput', values: series.goodput, filled: true }],
    },
    {
      title: 'requests sent a second; dashed: calls made',
      end: requests,
      endText: short(requests),
      lines: [
        { kind: 'hf-requests', values: series.requests, filled: true },
        { kind: 'hf-calls', values: series.calls, filled: false },
      ],
    },
    {
      title: 'requests in the queue of the upstream',
      end: queued,
      endText: short(queued),
      lines: [{ kind: 'hf-queued', values: series.queued, filled: true }],
    },
  ];
  if (open !== undefined) {
    const lines = [{ kind: 'hf-open', values: series.open, filled: true }];
    plans.push({ title: 'clients with an open breaker', end: open, endText: short(open), lines });
  }
  if (limit !== undefined) {
    // The scale is logarithmic: a limiter may let everything in, and a moment later next to nothing.
    const values = series.limit.map((value) => (value === null ? null : Math.log1p(value)));
    const lines = [{ kind: 'hf-limit', values, filled: true }];
    const title = 'limit of a client, mean; on a scale of logarithms';
    plans.push({ title, end: Math.log1p(limit), endText: short(limit), lines });
  }
  return plans;
}

/** Shades the times of trouble. */
function shades({ triggers }: RunReport, { left, top, width, height, seconds }: Frame): string[] {
  return triggers.map(({ startMs, endMs }) => {
    const x = (ms: number): number => left + (Math.min(ms / 1_000, seconds) / seconds) * width;
    const from = round(x(startMs));
    const to = round(x(endMs ?? Infinity));
    // Even a trigger that lasts only for a moment must be seen.
    return `<rect class="hf-trigger" x="${from}" y="${top}" width="${Math.max(2, round(to - from))}" height="${height}"/>`;
  });
}

function ticks(seconds: number, bottom: number): string[] {
  const step = tickOf(seconds);
  const width = CHART_WIDTH - LEFT - RIGHT;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => {
    const x = round(LEFT + ((i * step) / seconds) * width);
    const text = i === 0 ? '0' : `${i * step} s`;
    const anchor = x + RIGHT > LEFT + width ? 'end' : 'middle';
    return `<path class="hf-grid" d="M${x} ${bottom}v4"/><text x="${x}" y="${bottom + 16}" text-anchor="${anchor}">${text}</text>`;
  });
}

/** `1.5k` for 1500. */
function short(value: number): string {
  return value < 1_000 ? String(value) : `${Number((value / 1_000).toPrecision(3))}k`;
}
