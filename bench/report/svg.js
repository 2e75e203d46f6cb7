// @ts-check
/**
 * Horizontal bars as an SVG that reads on light and on dark pages. No script, no font file.
 *
 * @module
 */

/** @typedef {{ label: string, value: number, text: string, ours: boolean }} Bar */
/** @typedef {{ title: string, bars: Bar[] }} BarGroup */

const WIDTH = 760;
const LEAST_LABEL = 150;
const MOST_LABEL = 400;
const CHARACTER = 7;
const VALUE = 110;
const BAR = 18;
const ROW = 26;
const HEAD = 46;
const GROUP_HEAD = 30;

const STYLE = `text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.title{font-size:16px;font-weight:600}.group{font-weight:600}.value{fill:#59636e}
.bar{fill:#8c959f}.ours{fill:#0969da}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.value{fill:#9198a1}.bar{fill:#656c76}.ours{fill:#4493f8}}`;

/**
 * Each group has a scale of its own, from zero.
 * @param {string} title
 * @param {readonly BarGroup[]} groups
 */
export function barChart(title, groups) {
  const longest = Math.max(
    0,
    ...groups.flatMap(({ bars }) => bars.map(({ label }) => label.length)),
  );
  const labels = Math.min(MOST_LABEL, Math.max(LEAST_LABEL, longest * CHARACTER + 8));
  let y = HEAD;
  const parts = [];
  for (const group of groups) {
    parts.push(`<text class="group" x="0" y="${y + 16}">${xml(group.title)}</text>`);
    y += GROUP_HEAD;
    const largest = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE);
    for (const bar of group.bars) {
      const length = Math.max(1, (Math.max(0, bar.value) / largest) * (WIDTH - labels - VALUE));
      const end = labels + length;
      parts.push(
        `<text x="${labels - 8}" y="${y + 14}" text-anchor="end">${xml(bar.label)}</text>`,
        `<rect class="${bar.ours ? 'ours' : 'bar'}" x="${labels}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text class="value" x="${(end + 8).toFixed(1)}" y="${y + 14}">${xml(bar.text)}</text>`,
      );
      y += ROW;
    }
    y += 8;
  }
  const summary = groups
    .map((group) => {
      const bars = group.bars.map(({ label, text }) => `${label} ${text}`);
      return `${group.title}: ${bars.join(', ')}`;
    })
    .join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">
<title>${xml(title)}</title>
<desc>${xml(summary)}</desc>
<style>${STYLE}</style>
<text class="title" x="0" y="20">${xml(title)}</text>
${parts.join('\n')}
</svg>
`;
}

/** @param {string} text */
const xml = (text) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
