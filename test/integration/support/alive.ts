import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** How a Node process ended that ran a script, and after how many milliseconds of its own. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a script in a process of its own, with this file of the compiled package as `holdfast`. */
export function runWith(file: string, script: string): Promise<Ended> {
  const source = `
    import * as holdfast from ${JSON.stringify(pathToFileURL(file).href)};
    const start = performance.now();
    process.on('exit', () => console.log('ended after', Math.round(performance.now() - start)));
    process.on('unhandledRejection', (error) => console.log('unhandled', String(error)));
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}
