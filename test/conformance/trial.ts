import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { CallOptions, Pipeline, PipelineLayer } from 'holdfast';
import { active, gate } from '../pipeline/support/layers.js';
import { Metrics, Traces } from '../telemetry/support/sdk.js';
import { countersOf, metricsOf, spansOf } from './counters.js';
import type { Ending } from './ending.js';
import type { Mode } from './modes.js';
import { KEY, Scene } from './scene.js';
import type { SetUp, Subject } from './table.js';
import type { Observed } from './wanted.js';
import { gotInWords, inWords } from './words.js';

/** A driver that does nothing but run what is inside. */
const passing = (): PipelineLayer => active((drive) => drive.next(), 'passing');

/** A gate that writes down what it is told. */
const witness = (seen: string[]): PipelineLayer =>
  gate({ name: 'witness', exit: (_, { kind }) => void seen.push(kind) });

/** The policy as the mode has it. */
function within(
  scene: Scene,
  { layers }: Subject,
  { extras }: Ending,
  { nested, witnessed }: Mode,
  seen: string[],
): readonly PipelineLayer[] {
  if (nested === true) return [scene.nest(layers, extras?.listenerThrows === true)];
  return witnessed === true ? [witness(seen), ...layers] : layers;
}

/** Makes one call in a scene of its own, and looks at everything. */
export async function tryOut(ending: Ending, setUp: SetUp, mode: Mode): Promise<Observed> {
  const faults: string[] = [];
  diag.setLogger(loggerInto(faults), { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  const sdk = mode.watched === true ? { metrics: new Metrics(), traces: new Traces() } : undefined;
  const scene = new Scene();
  scene.play(...ending.script);
  const subject = await setUp(scene);
  const seen: string[] = [];
  const policies = within(scene, subject, ending, mode, seen);
  const around = ending.around?.(policies) ?? policies;
  const layers = mode.driven === true ? [passing(), ...around] : around;
  const made = scene.make(layers, {
    listens: mode.listens,
    keyed: mode.keyed,
    telemetry: sdk && {
      meterProvider: sdk.metrics.provider,
      tracerProvider: sdk.traces.provider,
      spans: 'always',
    },
    ...ending.extras,
  });
  await ending.before?.(scene, made);
  scene.ran.length = 0;
  // Who aborts needs a signal for it, whatever the mode.
  const signal = mode.signal || ending.aborts === true ? scene.caller.signal : undefined;
  const options = optionsOf(signal, ending.options);
  const result = await call(scene, made, mode.delivery, options, () => ending.act(scene, subject));
  const ranAtTheEnd = scene.ran.length;
  const heardAtTheEnd = scene.heard.length;
  const waiting = subject.waiting?.() ?? 0;
  await scene.others();
  // What the copy of a key has taken and counted, the policy does not know.
  const held = mode.keyed === true ? 0 : (subject.held?.() ?? 0);
  const counters = countersOf(made);
  await scene.endLate(ending.late ?? 'resolves');
  const metricsNow = sdk === undefined ? undefined : await metricsOf(sdk.metrics);
  const own = eventsOf(scene);
  const told = own.find(({ event }) => event.type === 'call')?.event;
  const inside = scene.heardInside.filter(({ event }) => event.callId === told?.callId);
  const { hung, discarded, heard } = scene;
  const key = mode.keyed === true ? KEY : undefined;
  const observed: Observed = {
    gives: gotInWords(result),
    events: own.map(({ event }) => inWords(event)),
    inside: inside.map(({ event }) => inWords(event)),
    counters,
    metrics: metricsNow,
    spans: sdk === undefined ? [] : spansOf(sdk.traces),
    attempts: told?.type === 'call' ? told.attempts - scene.runs : undefined,
    waiting,
    held,
    heldInTheEnd: subject.held?.() ?? 0,
    listeners: scene.listeners,
    timers: scene.clock.pending,
    inFlight: made.inFlight,
    foreign: [
      ...scene.ran,
      ...[...own, ...inside].map(({ event, who }) => ({ what: event.type, who })),
    ].flatMap(({ what, who }) => (who === 'the call' ? [] : [`${what} as ${who}`])),
    strange: heard.flatMap((each) =>
      (own.includes(each) && each.event.key === key) || each.who === 'another call'
        ? []
        : [inWords(each.event)],
    ),
    unaborted: hung.filter(({ context }) => !context.signal.aborted).length,
    undiscarded:
      ending.late === 'rejects'
        ? discarded.length
        : hung.filter(({ late }) => discarded.filter((each) => each === late).length !== 1).length,
    faults: faults.length,
    afterwards: [
      ...scene.ran.slice(ranAtTheEnd).flatMap(({ what }) => (LATE.has(what) ? [] : [what])),
      ...heard
        .slice(heardAtTheEnd)
        .flatMap((each) => (own.includes(each) ? [each.event.type] : [])),
    ],
    seen,
    counts: mode.keyed === true ? '' : ((await subject.counts?.()) ?? ''),
  };
  diag.disable();
  return observed;
}

/** What belongs after the end: a late result's hook, and the exit of a gate that holds until the operation has settled. */
const LATE: ReadonlySet<string> = new Set(['discard', 'exit']);

/** Those of the call. A policy that is shared tells of other calls as well, each in its own name. */
function eventsOf({ heard }: Scene): Scene['heard'] {
  const id = heard.find(({ event }) => event.type === 'call')?.event.callId;
  return heard.filter(({ event }) => event.callId === id);
}

/** Without anything to say a call is given nothing at all. */
function optionsOf(
  signal: AbortSignal | undefined,
  own: CallOptions | undefined,
): CallOptions | undefined {
  if (signal === undefined) return own;
  return { signal, ...own };
}

/** Makes the call, sees it to its end, and says how it ended; `undefined` when it has not. */
async function call(
  scene: Scene,
  made: Pipeline<unknown>,
  delivery: Mode['delivery'],
  options: CallOptions | undefined,
  act: () => Promise<void>,
): Promise<PromiseSettledResult<unknown> | undefined> {
  const promise = scene.as('the call', () =>
    delivery === 'settle'
      ? made.settle(scene.operation, options)
      : Promise.allSettled([made.execute(scene.operation, options)]).then(([only]) => only),
  );
  let result: PromiseSettledResult<unknown> | undefined;
  void promise.then((got) => {
    result = got;
  });
  await act();
  await scene.settle();
  return result;
}

function loggerInto(lines: string[]) {
  const log = (...args: unknown[]): void => void lines.push(args.map(String).join(' '));
  const quiet = (): void => {};
  return { error: log, warn: log, info: quiet, debug: quiet, verbose: quiet };
}
