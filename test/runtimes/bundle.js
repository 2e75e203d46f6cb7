import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** One of the files here as a script for runtimes that have no modules of Node's, with the package as it is published. */
export async function bundle(name, options) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(name, import.meta.url))],
    bundle: true,
    write: false,
    target: 'es2022',
    // The package is what is built, and not its sources, to which the paths of tsconfig.json lead.
    tsconfigRaw: '{}',
    logLevel: 'error',
    ...options,
  });
  return outputFiles[0].text;
}

export function report(runtime, results) {
  let failed = 0;
  for (const [name, failure] of results) {
    if (failure != null) failed++;
    console.log(failure == null ? `  ok      ${name}` : `  FAILED  ${name}\n${failure}`);
  }
  console.log(`${runtime}: ${results.length - failed} passed, ${failed} failed`);
  if (failed > 0 || results.length === 0) process.exitCode = 1;
}
