import { drive, stopwatch } from './drive.js';
import { DEMO_HELP, type DemoOptions, parseDemoArgs } from './options.js';
import { phaseIndexAt, phasesOf } from './phases.js';
import { report } from './report.js';
import { type DemoResult, pipelineResult, sideResult } from './result.js';
import { holdfastSide, plainSide, warmUp } from './sides.js';
import { UpstreamHandle } from './upstream-handle.js';
import { paintFor, type View, viewFor } from './view.js';

/** As long as the pipeline's total timeout: every call through it comes to its end, so neither side is cut short. */
const PATIENCE_MS = 2_000;
const REDRAW_MS = 100;

/** `holdfast demo`. Answers the exit code. */
export async function demo(args: readonly string[]): Promise<number> {
  const options = parseDemoArgs(args);
  const output = process.stdout;
  if (options.help) {
    output.write(DEMO_HELP);
    return 0;
  }
  const stop = new AbortController();
  const onSignal = (): void => {
    // The second time it is meant.
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
  { seconds, rate, seed }: DemoOptions,
  view: View | undefined,
  stop: AbortController,
): Promise<DemoResult> {
  // One upstream for each side, alike to the seed: neither side can help or harm the other.
  const [first, second] = await Promise.all([
    UpstreamHandle.start(seed),
    UpstreamHandle.start(seed),
  ]);
  void Promise.race([first.gone, second.gone]).then(() => stop.abort());
  await Promise.all([warmUp(first.url), warmUp(second.url)]);
  const phases = phasesOf(seconds * 1_000);
  const elapsed = stopwatch();
  const plain = plainSide(first.url, elapsed);
  const holdfast = holdfastSide(second.url, elapsed);
  const show = (): void => {
    const elapsedMs = elapsed();
    view?.show({
      elapsedMs,
      phases,
      phase: phaseIndexAt(phases, elapsedMs),
      rate,
      plain: plain.tally,
      holdfast: holdfast.tally,
      breaker: holdfast.breaker,
    });
  };
  const ticker = view === undefined ? undefined : setInterval(show, REDRAW_MS);
  try {
    await drive(
      {
        phases,
        rate,
        sides: [plain, holdfast],
        patienceMs: PATIENCE_MS,
        stop: stop.signal,
        onPhase: ({ behaviour }) => {
          first.behave(behaviour);
          second.behave(behaviour);
        },
      },
      elapsed,
    );
    const ranMs = elapsed();
    const interrupted = stop.signal.aborted;
    clearInterval(ticker);
    show();
    plain.tally.close(ranMs);
    holdfast.tally.close(ranMs);
    const [plainCounts, holdfastCounts] = await Promise.all([first.counts(), second.counts()]);
    return {
      seed,
      rate,
      seconds,
      ranMs,
      interrupted,
      phases: phases.map(({ name, what, startMs, endMs }) => ({ name, what, startMs, endMs })),
      plain: sideResult(plain.tally, phases, plainCounts),
      holdfast: {
        ...sideResult(holdfast.tally, phases, holdfastCounts),
        pipeline: pipelineResult(holdfast.events, holdfast.breaker, ranMs),
      },
    };
  } finally {
    clearInterval(ticker);
    view?.end();
    holdfast.dispose();
    await Promise.all([first.stop(), second.stop()]);
  }
}
