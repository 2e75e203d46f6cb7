/** The checks as one script without imports: it defines `holdfastSmoke(origin)`. */
import { coreChecks, runAll } from './core-checks.js';
import { fetchChecks } from './fetch-checks.js';
import { servicesChecks } from './services-checks.js';

globalThis.holdfastSmoke = (origin) =>
  runAll({ ...coreChecks, ...fetchChecks(origin), ...servicesChecks(origin) });
