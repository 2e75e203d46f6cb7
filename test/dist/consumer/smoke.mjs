// As an application of ES modules does it.
import calls from './calls.cjs';

console.log(`imported ${await calls((name) => import(name))}`);
