import { Comparison } from './compare.js';
import { DEMO_HELP, type DemoOptions, parseDemoArgs } from './options.js';
import { paintFor, type View } from './output.js';
import { report } from './report.js';
import type { DemoResult } from './result.js';
import { warmUp } from './sides.js';
import { UpstreamHandle } from './upstream-handle.js';
import { viewFor } from './view.js';
import { WAYS, type Way } from './ways.js';

/** Runs `holdfast demo` and returns the exit code. */
export async function demo(args: readonly string[]): Promise<number> {
  const options = parseDemoArgs(args);
  const output = process.stdout;
  if (options.help) {
    output.write(DEMO_HELP);
    return 0;
  }
  const stop = new AbortController();
  const onSignal = (): void => {
    // The second signal ends the process at once.
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const view = options.json ? undefined : viewFor(output, process.env['TERM'] === 'dumb');
    const result = await run(options, view, stop);
    if (options.json) output.write(`${JSON.stringify(result, undefined, 2)}\n`);
    else output.write(`${report(result, paintFor(output)).join('\n')}\n`);
    return 0;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function run(
  options: DemoOptions,
  view: View | undefined,
  stop: AbortController,
): Promise<DemoResult> {
  const comparison = new Comparison(options, WAYS, view);
  let upstreams: readonly UpstreamHandle[] = [];
  try {
    // Show something while the servers start.
    comparison.show();
    // Each side has its own upstream, with the same seed. So no side can help or harm another.
    upstreams = await UpstreamHandle.startAll(WAYS.length, options.seed);
    for (const { gone } of upstreams) void gone.then(() => stop.abort());
    await Promise.all(upstreams.map(({ url }, index) => warmUp(WAYS[index] as Way, url)));
    return await comparison.run(upstreams, stop.signal);
  } finally {
    view?.end();
    await Promise.all(upstreams.map((upstream) => upstream.stop()));
  }
}
