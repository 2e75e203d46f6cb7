import { armChart, CHART_WIDTH, chartHeight, summaryText } from './chart/arm-chart.js';
import { drawnRuns, scalesOf } from './chart/scales.js';
import { CHART_STYLE } from './chart/style.js';
import { xml } from './chart/xml.js';
import type { ArmReport, Report } from './report.js';
import { mustBeReport } from './wrong-arguments.js';

const COLUMNS = 3;
const LINE = 18;
const GAP = 16;
/** The width of a letter of the title, more or less. */
const LETTER = 8;
const TOP = 8;
const CORNER = 8;

/** The picture has its own background, because the page may be light and the reader's system dark, or the reverse. */
const GROUND_STYLE = `.hf-ground{fill:#fff;stroke:#d1d9e0}
@media(prefers-color-scheme:dark){.hf-ground{fill:#0d1117;stroke:#3d444d}}`;

/**
 * Draws the charts of a report as one SVG without scripts and fonts, for light and dark pages. They show each arm in the run of the
 * first seed, second by second, on the same scales. The trouble is shaded.
 *
 * @throws ConfigError when it gets no report.
 */
export function toSvg(report: Report): string {
  mustBeReport(report, 'toSvg');
  const scales = scalesOf(report);
  const runs = drawnRuns(report);
  const columns = Math.min(COLUMNS, runs.length);
  const step = chartHeight(scales) + GAP;
  const width = columns * CHART_WIDTH;
  const { name, about } = report.scenario;
  const lines = wrapped(about === '' ? name : `${name}: ${about}`, (width - 20) / LETTER);
  const head = TOP + lines.length * LINE + GAP;
  const height = head + Math.ceil(runs.length / columns) * step;
  const title = lines.map(
    (line, i) => `<text class="hf-title" x="10" y="${TOP + (i + 1) * LINE}">${xml(line)}</text>`,
  );
  const charts = runs.map(([arm, run], i) => {
    const x = (i % columns) * CHART_WIDTH;
    const y = head + Math.floor(i / columns) * step;
    const chart = armChart(arm, report.arms[arm] as ArmReport, run, scales);
    return `<g transform="translate(${x} ${y})">\n${chart}\n</g>`;
  });
  const words = Object.entries(report.arms).map(([arm, each]) => `${arm}: ${summaryText(each)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="hf-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xml(name)}</title>
<desc>${xml([about, ...words].filter((text) => text !== '').join(' '))}</desc>
<style>${CHART_STYLE}
${GROUND_STYLE}</style>
<rect class="hf-ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="${CORNER}"/>
${title.join('\n')}
${charts.join('\n')}
</svg>
`;
}

/** Breaks a text into lines of at most so many letters, where its words allow. */
function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && line.length <= letters) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
