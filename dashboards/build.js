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
writeFileSync(at('grafana.json'), `${JSON.stringify(grafanaOf(names), null, 2)}\n`);
