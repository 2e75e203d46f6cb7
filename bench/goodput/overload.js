// @ts-check
/**
 * The picture of one slowdown: a strip an arm, what became of its calls second by second. It has a ground of its own, because it stands
 * on pages that are light when the reader's system is dark. No script, no font file.
 *
 * @module
 */

import { rowOf } from './rows.js';

/** @typedef {import('holdfast/simulator').ArmReport} ArmReport */

export const OVERLOAD_ROW = 'slowdown-100';

const WIDTH = 800;
const LEFT = 150;
const RIGHT = 190;
const HEAD = 92;
const STRIP = 46;
const GAP = 16;
const FOOT = 34;
const CORNER = 8;

/** What is shown of the run, in seconds. */
const FROM = 20;
const TO = 90;

const STYLE = `.ground{fill:#fff;stroke:#d1d9e0}text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#59636e}
.title{font-size:17px;font-weight:600;fill:#1f2328}.arm{font-size:14px;fill:#1f2328}.outcome{font-size:14px;fill:#1f2328}
.ours{font-weight:600}.base{stroke:#d1d9e0}.trouble{fill:#cf222e;fill-opacity:.13}.trouble-text{fill:#cf222e}
.area{fill:#8c959f;fill-opacity:.3}.line{fill:none;stroke:#6e7781;stroke-width:1.5;stroke-linejoin:round}
.ours .area{fill:#1a7f37}.ours .line{stroke:#1a7f37;stroke-width:2}.ours .outcome{fill:#1a7f37}
@media(prefers-color-scheme:dark){.ground{fill:#0d1117;stroke:#3d444d}text{fill:#9198a1}.title,.arm,.outcome{fill:#f0f6fc}
.base{stroke:#3d444d}.trouble{fill:#ff7b72;fill-opacity:.2}.trouble-text{fill:#ff7b72}.area{fill:#656c76;fill-opacity:.4}.line{stroke:#9198a1}
.ours .area{fill:#3fb950;fill-opacity:.3}.ours .line{stroke:#3fb950}.ours .outcome{fill:#3fb950}}`;

/**
 * @param {readonly { label: string, ours: boolean, report: ArmReport }[]} strips
 * @returns {string}
 */
export function overloadPicture(strips) {
  const height = HEAD + strips.length * (STRIP + GAP) + FOOT;
  const bottom = HEAD + strips.length * (STRIP + GAP) - GAP;
  const trigger = strips[0]?.report.runs[0]?.triggers[0];
  const startMs = trigger?.startMs ?? 0;
  const endMs = trigger?.endMs ?? startMs;
  const [from, to] = [x(startMs / 1_000), x(endMs / 1_000)];
  const { clients } = rowOf(OVERLOAD_ROW).scenario;
  const title = 'The upstream is ten times slower for a while. Who recovers, and when?';
  const outcomes = strips.map(({ label, report }) => `${label}: ${outcomeOf(report)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${title}</title>
<desc>${outcomes.join('; ')}.</desc>
<style>${STYLE}</style>
<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="${CORNER}"/>
<text class="title" x="20" y="30">${title}</text>
<text x="20" y="50">Share of the calls of ${clients} clients that are answered within their deadline of 1 s; simulated</text>
<rect class="trouble" x="${from}" y="${HEAD - 8}" width="${round(to - from)}" height="${bottom - HEAD + 8}"/>
<text class="trouble-text" x="${round((from + to) / 2)}" y="${HEAD - 14}" text-anchor="middle">ten times slower</text>
${strips.map((strip, i) => stripOf(strip, HEAD + i * (STRIP + GAP))).join('\n')}
${axis(startMs / 1_000, bottom)}
</svg>
`;
}

/**
 * @param {{ label: string, ours: boolean, report: ArmReport }} strip
 * @param {number} top
 */
function stripOf({ label, ours, report }, top) {
  const bottom = top + STRIP;
  const goodput = report.runs[0]?.series.goodput.slice(FROM, TO) ?? [];
  const points = goodput.map((share, i) => {
    const y = bottom - (share ?? 0) * STRIP;
    return `${round(x(FROM + i + 0.5))} ${round(y)}`;
  });
  const line = points.join('L');
  const [first = '', last = ''] = [points[0], points.at(-1)].map((point) => point?.split(' ')[0]);
  return `<g${ours ? ' class="ours"' : ''}>
<text class="arm" x="20" y="${bottom - STRIP / 2 + 5}">${label}</text>
<path class="base" d="M${x(FROM)} ${bottom}H${x(TO)}"/>
<text x="${LEFT - 6}" y="${top + 6}" text-anchor="end">100%</text>
<path class="area" d="M${first} ${bottom}L${line}L${last} ${bottom}Z"/><path class="line" d="M${line}"/>
<text class="outcome" x="${WIDTH - RIGHT + 14}" y="${bottom - STRIP / 2 + 5}">${outcomeOf(report)}</text>
</g>`;
}

/**
 * Seconds from the start of the trouble.
 * @param {number} start
 * @param {number} bottom
 */
function axis(start, bottom) {
  const ticks = [];
  for (let second = 0; start + second <= TO; second += 10) {
    const at = x(start + second);
    const text = second === 0 ? '0' : `${second} s`;
    ticks.push(
      `<path class="base" d="M${at} ${bottom}v5"/><text x="${at}" y="${bottom + 20}" text-anchor="middle">${text}</text>`,
    );
  }
  return ticks.join('\n');
}

/**
 * Of the run that is drawn.
 * @param {ArmReport} report
 */
function outcomeOf({ runs: [run] }) {
  const recovery = run?.measures.recovery ?? Infinity;
  if (recovery === Infinity) return 'does not recover';
  return recovery === 0 ? 'recovers at once' : `${recovery} s to recover`;
}

/** @param {number} second */
function x(second) {
  return round(LEFT + ((second - FROM) / (TO - FROM)) * (WIDTH - LEFT - RIGHT));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
