/** The checks in edge-runtime's virtual machine, which has the globals of an edge function and none of Node's. */
import { EdgeVM } from '@edge-runtime/vm';
import { bundle, report } from './bundle.js';
import { startOrigin } from './origin.js';

const script = await bundle('web.js', { format: 'iife' });
const origin = await startOrigin();
const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
vm.evaluate(script);
report('edge-runtime', await vm.evaluate(`holdfastSmoke(${JSON.stringify(origin.url)})`));
origin.close();
process.exit();
