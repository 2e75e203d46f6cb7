// @ts-check
/**
 * Writes grafana.json and alerts.yml from the table of names: `npm run dashboards`. Needs build/.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import * as names from '../build/telemetry/names.js';
import { alertsYaml } from './alerts.js';
import { grafanaOf } from './grafana.js';

const at = (/** @type {string} */ name) => new URL(name, import.meta.url);

writeFileSync(at('alerts.yml'), alertsYaml(names));
/** @param {readonly object[]} items */
const linePerItem = (items) => items.map((item) => JSON.stringify(item)).join(',\n');
const { panels, ...dashboard } = grafanaOf(names);
// Grafana reads it, and people read which panel has changed. So each panel is a line.
writeFileSync(
  at('grafana.json'),
  `${JSON.stringify(dashboard).slice(0, -1)},"panels":[\n${linePerItem(panels)}\n]}\n`,
);
