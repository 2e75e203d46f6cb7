import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { attribute, channel, metric, spanEvent } from '../../src/telemetry/names.js';
import { pages, root } from './pages.js';

const page = pages().find(({ path }) => path === 'docs/telemetry.md')?.text ?? '';
const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

it('docs/telemetry.md lists every metric as it is', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| `holdfast\.[\w.]+` \| (?:counter|gauge|histogram),/.test(line));
  expect(rows).toEqual(
    Object.values(metric).map(
      ({ name, kind, unit, attributes, description }) =>
        `| \`${name}\` | ${kind}, \`${unit}\` | ${code(attributes)} | ${description} |`,
    ),
  );
});

it('docs/telemetry.md lists every event of a span as it is', () => {
  const table = page.slice(page.indexOf('| event | attributes |'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  expect(rows).toEqual(
    Object.values(spanEvent).map(
      ({ name, attributes, description }) =>
        `| \`${name}\` | ${code(attributes)} | ${description} |`,
    ),
  );
});

it('docs/telemetry.md names the channels, and every alert that is shipped', () => {
  for (const name of Object.values(channel)) expect(page).toContain(`\`${name}\``);
  const shipped = readFileSync(`${root}dashboards/alerts.yml`, 'utf8');
  expect([...page.matchAll(/^\| `(Holdfast\w+)`/gm)].map(([, name]) => name)).toEqual(
    [...shipped.matchAll(/- alert: (\w+)/g)].map(([, name]) => name),
  );
});

it('docs/telemetry.md maps names that exist to those of others', () => {
  const table = page.slice(page.indexOf('| holdfast | MicroProfile'));
  const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
  const known = new Set<string>([
    ...Object.values(metric).map(({ name }) => name),
    ...Object.values(attribute),
  ]);
  const ours = rows.flatMap((row) =>
    [...row.matchAll(/`(holdfast\.[\w.]+)`/g)].map(([, name]) => name),
  );
  expect(ours.length).toBeGreaterThan(20);
  expect(ours.filter((name) => !known.has(name ?? ''))).toEqual([]);
});
