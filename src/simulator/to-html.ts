import { armChart, CHART_WIDTH, chartHeight, summaryText } from './chart/arm-chart.js';
import type { Scales } from './chart/scales.js';
import { drawnRuns, scalesOf } from './chart/scales.js';
import { CHART_STYLE } from './chart/style.js';
import { xml } from './chart/xml.js';
import { COLUMNS, extrasOf, seedsText } from './columns.js';
import type { ArmReport, Report, RunReport } from './report.js';
import { describeScenario } from './words.js';
import { mustBeReport } from './wrong-arguments.js';

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1f2328;background:#fff;max-width:1160px;margin:0 auto;padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 8px}p{margin:0 0 12px}ul{margin:0 0 16px;padding-left:20px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:5px 14px;text-align:right;border-bottom:1px solid #d1d9e0;white-space:nowrap}th:first-child,td:first-child{text-align:left;padding-left:0}
td.bad{color:#cf222e;font-weight:600}dl{color:#59636e;font-size:13px;display:grid;grid-template-columns:max-content 1fr;gap:0 12px;margin:12px 0}dt{font-weight:600}dd{margin:0}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:20px 8px}.charts svg{width:100%;height:auto;max-width:480px}
footer,.note{color:#59636e;font-size:13px}footer{margin-top:32px}
@media(prefers-color-scheme:dark){body{color:#f0f6fc;background:#0d1117}th,td{border-color:#3d444d}td.bad{color:#ff7b72}dl,footer,.note{color:#9198a1}}
${CHART_STYLE}`;

/**
 * Writes a report as one HTML page: what the scenario does, the table, and a chart for each arm. It has no script, loads nothing, and is
 * easy to read on light and dark screens.
 *
 * @throws ConfigError when it gets no report.
 */
export function toHtml(report: Report): string {
  mustBeReport(report, 'toHtml');
  const { scenario, seeds } = report;
  const scales = scalesOf(report);
  const charts = drawnRuns(report).map(([name, run]) =>
    chart(name, report.arms[name] as ArmReport, run, scales),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${xml(scenario.name)}: holdfast simulation</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${xml(scenario.name)}</h1>
<p>${xml(scenario.about)}</p>
<ul>
${describeScenario(scenario)
  .map((sentence) => `<li>${xml(sentence)}</li>`)
  .join('\n')}
</ul>
<h2>What happened to the calls</h2>
<p class="note">${xml(capital(seedsText(seeds)))}.</p>
${table(report)}
<h2>Second by second</h2>
<p class="note">Seed ${seeds[0]}. All charts have the same scales; the trouble is shaded.</p>
<div class="charts">
${charts.join('\n')}
</div>
<footer>Simulated by holdfast in virtual time. The same scenario, arms and seeds give the same figures.</footer>
</body>
</html>
`;
}

function table({ arms }: Report): string {
  const heads = COLUMNS.map(({ head, legend }) => `<th title="${xml(legend)}">${head}</th>`);
  const rows = Object.entries(arms).map(([name, arm]) => {
    const cells = COLUMNS.map(({ cell }) => {
      const text = cell(arm);
      return /^never$| not$/.test(text) ? `<td class="bad">${text}</td>` : `<td>${xml(text)}</td>`;
    });
    return `<tr><td>${xml(name)}</td>${cells.join('')}</tr>`;
  });
  const legend = COLUMNS.map(({ head, legend }) => `<dt>${head}</dt><dd>${xml(legend)}</dd>`);
  const extras = Object.entries(arms).flatMap(([name, arm]) =>
    extrasOf(arm).map((line) => `<li>${xml(`${name}, ${line}`)}</li>`),
  );
  return `<div class="wide"><table>
<thead><tr><th>arm</th>${heads.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>
<dl>${legend.join('')}</dl>${extras.length === 0 ? '' : `\n<ul>\n${extras.join('\n')}\n</ul>`}`;
}

function chart(name: string, arm: ArmReport, run: RunReport, scales: Scales): string {
  const height = chartHeight(scales);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="hf-chart" viewBox="0 0 ${CHART_WIDTH} ${height}" role="img">
<title>${xml(`${name}: ${summaryText(arm)}`)}</title>
${armChart(name, arm, run, scales)}
</svg>`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
