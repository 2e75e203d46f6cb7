import { DiagLogLevel, diag, SpanStatusCode } from '@opentelemetry/api';
import type { CallOptions, Pipeline, PipelineLayer } from 'holdfast';
import { attribute, metric } from '../../src/telemetry/names.js';
import { active, gate } from '../pipeline/support/layers.js';
import { Metrics, Traces } from '../telemetry/support/sdk.js';
import type { Ending } from './endings.js';
import { Scene } from './scene.js';
import type { Expected, SetUp } from './table.js';
import type { Counts } from './words.js';
import { countOf, countsOf, gotInWords, inWords } from './words.js';

/** A way in which the engine carries a call: each cell is tried in all of them. */
export interface Mode {
  readonly name: string;
  /** Without listeners a success takes a shorter way. */
  readonly listens: boolean;
  /** With a signal the call has a promise of its own. */
  readonly signal: boolean;
  readonly delivery: 'execute' | 'settle';
  /** All of it inside a driver, so that the call is a pass inside another. */
  readonly driven?: boolean;
  /** Within a gate that writes down what the policy ends with. */
  readonly witnessed?: boolean;
  /** With the metrics and spans of the real SDK, which watch the call. */
  readonly watched?: boolean;
}

export const modes: readonly Mode[] = [
  { name: 'heard', listens: true, signal: true, delivery: 'settle' },
  { name: 'heard, without a signal', listens: true, signal: false, delivery: 'execute' },
  { name: 'inside a driver', listens: true, signal: true, delivery: 'execute', driven: true },
  { name: 'within a gate', listens: true, signal: true, delivery: 'settle', witnessed: true },
  { name: 'unheard', listens: false, signal: false, delivery: 'execute' },
  { name: 'watched', listens: false, signal: true, delivery: 'settle', watched: true },
];

/** What is looked at in each cell, in words. */
export interface Observed {
  /** What the caller got. */
  gives: string;
  /** In order. */
  events: readonly string[];
  /** Of the pipeline, and of the SDK where it is watched. */
  counters: Counts;
  metrics: Counts | undefined;
  /** Spans that have ended, each by the call's outcome, and whether that is an error. */
  spans: readonly string[];
  /** `attempts` of the event of the call, in which the operation was called how often. */
  attempts: number | undefined;
  /** Calls that still wait when this one has settled. */
  waiting: number;
  /** Permits that are taken: when the call has settled, and when its operation has. */
  held: number;
  heldInTheEnd: number;
  /** Listeners on the caller's signal. */
  listeners: number;
  timers: number;
  inFlight: number;
  /** What ran in the context of somebody else. */
  foreign: readonly string[];
  /** Events that do not say that they are of this call, though it or nobody caused them. */
  strange: readonly string[];
  /** Operations that were left running, and whose signal has not aborted. */
  unaborted: number;
  /** Late results that the discard hook was not given exactly once. */
  undiscarded: number;
  /** What `diag` was told. */
  faults: number;
  /** What was called after the call had settled, but for what belongs there. */
  afterwards: readonly string[];
  /** What a gate around the policy was told, where there is one. */
  seen: readonly string[];
  /** What the policy has counted. */
  counts: string;
}

/** A driver that does nothing but run what is inside. */
const passing = (): PipelineLayer => active((drive) => drive.next(), 'passing');

/** A gate that writes down what it is told. */
const witness = (seen: string[]): PipelineLayer =>
  gate({ name: 'witness', exit: (_, { kind }) => void seen.push(kind) });

export async function tryOut(ending: Ending, setUp: SetUp, mode: Mode): Promise<Observed> {
  const faults: string[] = [];
  diag.setLogger(loggerInto(faults), { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
  const sdk = mode.watched === true ? { metrics: new Metrics(), traces: new Traces() } : undefined;
  const scene = new Scene();
  scene.play(...ending.script);
  const subject = await setUp(scene);
  const seen: string[] = [];
  const policies = mode.witnessed === true ? [witness(seen), ...subject.layers] : subject.layers;
  const around = ending.around?.(policies) ?? policies;
  const layers = mode.driven === true ? [passing(), ...around] : around;
  const made = scene.make(layers, {
    listens: mode.listens,
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
  const waiting = subject.waiting?.() ?? 0;
  await scene.others();
  const held = subject.held?.() ?? 0;
  const counters = countersOf(made);
  const heardAtTheEnd = scene.heard.length;
  await scene.endLate(ending.late ?? 'resolves');
  const metricsNow = sdk === undefined ? undefined : await metricsOf(sdk.metrics);
  const own = eventsOf(scene);
  const told = own.find(({ event }) => event.type === 'call')?.event;
  const { hung, discarded, heard } = scene;
  const observed: Observed = {
    gives: gotInWords(result),
    events: own.map(({ event }) => inWords(event)),
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
    foreign: [...scene.ran, ...own.map(({ event, who }) => ({ what: event.type, who }))].flatMap(
      ({ what, who }) => (who === 'the call' ? [] : [`${what} as ${who}`]),
    ),
    strange: heard.flatMap((each) =>
      own.includes(each) || each.who === 'another call' ? [] : [inWords(each.event)],
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
    counts: (await subject.counts?.()) ?? '',
  };
  diag.disable();
  return observed;
}

/** What belongs after the end: a late result's hook, and the exit of a gate that holds until the operation has settled. */
const LATE: ReadonlySet<string> = new Set(['discard', 'exit']);

/** What a gate around the policy is told: events and metrics may call it otherwise, as `isFailure` says. */
function seenOf({ gives, events }: Expected, ending: Ending): string[] {
  const { unentered, unasked, aborts } = ending;
  if (unentered === true) return [];
  // Whatever the reason is: it is the caller's.
  if (aborts === true) return ['cancelled'];
  if (gives === 'the answer' || gives === 'the failed result') return ['success'];
  const outcome = outcomeOf(events);
  // While nobody is asked, a time that is over is no sign of the upstream.
  if (outcome === 'timeout') return [unasked === true ? 'cancelled' : 'timeout'];
  return [outcome === 'rejected' || outcome === 'cancelled' ? outcome : 'failure'];
}

function faultsOf({ faults }: Ending, events: number): number {
  if (faults === undefined) return 0;
  return faults === 'each event' ? events : 1;
}

/** Those of the call. A policy that is shared tells of other calls as well, each in its own name. */
function eventsOf({ heard }: Scene): Scene['heard'] {
  const id = heard.find(({ event }) => event.type === 'call')?.event.callId;
  return heard.filter(({ event }) => event.callId === id);
}

/** What a cell has to show in a mode. */
export function wanted(expected: Expected, ending: Ending, mode: Mode): Observed {
  const counters = countsOf(expected.events);
  const listens = mode.listens ? expected.events : [];
  return {
    gives: expected.gives,
    events: listens,
    counters,
    metrics: mode.watched === true ? counters : undefined,
    spans: mode.watched === true ? [spanOf(expected)] : [],
    attempts: mode.listens ? 0 : undefined,
    waiting: 0,
    held: expected.held ?? 0,
    heldInTheEnd: 0,
    listeners: 0,
    timers: 0,
    inFlight: 0,
    foreign: [],
    strange: [],
    unaborted: 0,
    undiscarded: 0,
    faults: (expected.faults ?? 0) + faultsOf(ending, listens.length),
    afterwards: [],
    seen: mode.witnessed === true ? seenOf(expected, ending) : [],
    counts: expected.counts ?? '',
  };
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

function countersOf({ tally }: Pipeline<unknown>): Counts {
  const words: string[] = [];
  const add = (word: string, times: number): void =>
    void words.push(...Array<string>(times).fill(word));
  add('call success', tally.straight);
  add('first attempt success', tally.straight);
  for (const { outcome, once, retried } of tally.calls) add(`call ${outcome}`, once + retried);
  for (const { kind, outcome, count } of tally.attempts) add(`${kind} attempt ${outcome}`, count);
  for (const { policy, reason, enforced, waived } of tally.rejections) {
    add(`rejection by ${policy}: ${reason}`, enforced);
    add(`rejection by ${policy}: ${reason} (dry run)`, waived);
  }
  return countOf(words);
}

async function metricsOf(sdk: Metrics): Promise<Counts> {
  const counts: Record<string, number> = {};
  const add = async (
    name: string,
    word: (labels: Record<string, unknown>) => string,
  ): Promise<void> => {
    for (const { labels, value } of await sdk.points(name)) {
      // A series may begin at 0.
      if (value > 0) counts[word(labels)] = (counts[word(labels)] ?? 0) + value;
    }
  };
  const { outcome, attemptKind, policy, reason, enforced } = attribute;
  await add(metric.calls.name, (labels) => `call ${labels[outcome]}`);
  await add(metric.attempts.name, (labels) => `${labels[attemptKind]} attempt ${labels[outcome]}`);
  await add(metric.rejections.name, (labels) => {
    const waived = labels[enforced] === false ? ' (dry run)' : '';
    return `rejection by ${labels[policy]}: ${labels[reason]}${waived}`;
  });
  return counts;
}

function spansOf({ spans }: Traces): string[] {
  return spans.map(({ attributes, status }) => {
    const failed = status.code === SpanStatusCode.ERROR ? ' as an error' : '';
    return `${attributes[attribute.outcome]}${failed}`;
  });
}

const NO_ERRORS = ['success', 'fallback', 'ignored', 'cancelled'];

function spanOf({ events }: Expected): string {
  const outcome = outcomeOf(events);
  return NO_ERRORS.includes(outcome) ? outcome : `${outcome} as an error`;
}

/** By the event that every call ends with. */
function outcomeOf(events: readonly string[]): string {
  return events.at(-1)?.slice('call '.length) ?? '';
}

function loggerInto(lines: string[]) {
  const log = (...args: unknown[]): void => void lines.push(args.map(String).join(' '));
  const quiet = (): void => {};
  return { error: log, warn: log, info: quiet, debug: quiet, verbose: quiet };
}
