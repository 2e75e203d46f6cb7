/** The checks as one script without imports: it defines `holdfastSmoke(origin)`. */
import { coreChecks, runAll } from './core-checks.js';
import { fetchChecks } from './fetch-checks.js';

globalThis.holdfastSmoke = (origin) => runAll({ ...coreChecks, ...fetchChecks(origin) });
