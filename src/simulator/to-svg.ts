import { armChart, CHART_WIDTH, chartHeight, summaryText } from './chart/arm-chart.js';
import { drawnRuns, scalesOf } from './chart/scales.js';
import { CHART_STYLE } from './chart/style.js';
import { xml } from './chart/xml.js';
import type { ArmReport, Report } from './report.js';

const COLUMNS = 3;
const HEAD = 34;
const GAP = 16;

/**
 * The charts of a report as one SVG without script and font, for light and dark pages: what became of each arm in the run of the
 * first seed, second by second, all on the same scales; the trouble is shaded.
 */
export function toSvg(report: Report): string {
  const scales = scalesOf(report);
  const runs = drawnRuns(report);
  const columns = Math.min(COLUMNS, runs.length);
  const step = chartHeight(scales) + GAP;
  const width = columns * CHART_WIDTH;
  const height = HEAD + Math.ceil(runs.length / columns) * step;
  const { name, about } = report.scenario;
  const charts = runs.map(([arm, run], i) => {
    const x = (i % columns) * CHART_WIDTH;
    const y = HEAD + Math.floor(i / columns) * step;
    const chart = armChart(arm, report.arms[arm] as ArmReport, run, scales);
    return `<g transform="translate(${x} ${y})">\n${chart}\n</g>`;
  });
  const words = Object.entries(report.arms).map(([arm, each]) => `${arm}: ${summaryText(each)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="hf-chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xml(name)}</title>
<desc>${xml([about, ...words].filter((text) => text !== '').join(' '))}</desc>
<style>${CHART_STYLE}</style>
<text class="hf-title" x="10" y="18">${xml(about === '' ? name : `${name}: ${about}`)}</text>
${charts.join('\n')}
</svg>
`;
}
