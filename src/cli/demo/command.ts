import { drive, stopwatch } from './drive.js';
import { DEMO_HELP, type DemoOptions, parseDemoArgs } from './options.js';
import { type Phase, phaseIndexAt, phasesOf } from './phases.js';
import { report } from './report.js';
import { type DemoResult, pipelineResult, rounded, sideResult } from './result.js';
import { holdfastSide, PIPELINE_WORDS, plainSide, warmUp } from './sides.js';
import { UpstreamHandle } from './upstream-handle.js';
import { paintFor, type View, viewFor } from './view.js';

/** Longer than the pipeline's total timeout: every call through it comes to its end, so neither side is cut short. */
const PATIENCE_MS = 2_200;
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
    else output.write(`${report(result, PIPELINE_WORDS, paintFor(output)).join('\n')}\n`);
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
  // One upstream for each side, alike to the seed: neither side can help or harm the other.
  const started = await Promise.allSettled([
    UpstreamHandle.start(options.seed),
    UpstreamHandle.start(options.seed),
  ]);
  try {
    const [first, second] = started.map((each) => {
      if (each.status === 'rejected') throw each.reason;
      void each.value.gone.then(() => stop.abort());
      return each.value;
    }) as [UpstreamHandle, UpstreamHandle];
    await Promise.all([warmUp(first.url), warmUp(second.url)]);
    return await compare(first, second, options, view, stop.signal);
  } finally {
    view?.end();
    for (const each of started) {
      if (each.status === 'fulfilled') await each.value.stop();
    }
  }
}

/** Sends the calls of one side to the first upstream, those of the other to the second. */
async function compare(
  first: UpstreamHandle,
  second: UpstreamHandle,
  { seconds, rate, seed }: DemoOptions,
  view: View | undefined,
  stop: AbortSignal,
): Promise<DemoResult> {
  const totalMs = seconds * 1_000;
  const phases = phasesOf(totalMs);
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
    const onPhase = ({ behaviour }: Phase): void => {
      first.behave(behaviour);
      second.behave(behaviour);
    };
    const sides = [plain, holdfast];
    await drive({ phases, rate, sides, patienceMs: PATIENCE_MS, onPhase, stop }, elapsed);
  } finally {
    clearInterval(ticker);
  }
  const ranMs = elapsed();
  const interrupted = stop.aborted;
  show();
  plain.tally.close(ranMs);
  holdfast.tally.close(ranMs);
  holdfast.dispose();
  const [plainCounts, holdfastCounts] = await Promise.all([first.counts(), second.counts()]);
  return {
    seed,
    rate,
    seconds,
    ranMs: rounded(ranMs),
    interrupted,
    phases: phases.map(({ name, what, startMs, endMs }) => ({
      name,
      what,
      startMs: rounded(startMs),
      endMs: rounded(endMs),
    })),
    plain: sideResult(plain.tally, phases, plainCounts),
    holdfast: {
      ...sideResult(holdfast.tally, phases, holdfastCounts),
      // An open breaker lets a call in when its time is over and one comes. After the last call none does.
      pipeline: pipelineResult(holdfast.events, holdfast.breaker, Math.min(ranMs, totalMs)),
    },
  };
}
