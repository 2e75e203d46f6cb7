import type { Ending } from './ending.js';
import type { Mode } from './modes.js';
import type { Expected } from './table.js';
import type { Counts } from './words.js';
import { countsOf } from './words.js';

/** What is looked at in each cell, in words. */
export interface Observed {
  /** What the caller got. */
  gives: string;
  /** In order. */
  events: readonly string[];
  /** Those that a listener of the nested pipeline was told. */
  inside: readonly string[];
  /** Of the pipeline, and of the SDK where it is watched. */
  counters: Counts;
  metrics: Counts | undefined;
  /** Spans that have ended, each by the call's outcome, and whether that is an error. */
  spans: readonly string[];
  /** `attempts` of the event of the call, less how often the operation was called. */
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
  /** Events that do not say that they are of this call, though it or nobody caused them; or not of which key. */
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

/** What a cell has to show in a mode. */
export function wanted(cell: Expected, ending: Ending, mode: Mode): Observed {
  const expected =
    ending.needsListener === true && mode.driven === true ? abortedFirst(cell) : cell;
  const counters = countsOf(expected.events);
  const listens = mode.listens ? expected.events : [];
  const inside = mode.nested === true ? expected.events.filter(isOfPolicy) : [];
  return {
    gives: expected.gives,
    events: listens,
    inside,
    counters,
    metrics: mode.watched === true ? counters : undefined,
    spans: mode.watched === true ? [spanOf(expected)] : [],
    attempts: mode.listens ? (expected.uncalled ?? 0) : undefined,
    waiting: 0,
    held: mode.keyed === true ? 0 : (expected.held ?? 0),
    heldInTheEnd: 0,
    listeners: 0,
    timers: 0,
    inFlight: 0,
    foreign: [],
    strange: [],
    unaborted: 0,
    undiscarded: 0,
    faults: (expected.faults ?? 0) + faultsOf(ending, listens.length + inside.length),
    afterwards: [],
    seen: mode.witnessed === true ? seenOf(expected, ending) : [],
    counts: mode.keyed === true ? '' : (expected.counts ?? ''),
  };
}

/** Within a driver an operation that has ended is no end of the call: who aborts then comes first. */
function abortedFirst(expected: Expected): Expected {
  return {
    ...expected,
    gives: 'the reason',
    events: [...expected.events.slice(0, -1), 'call cancelled'],
  };
}

/** What a gate around the policy is told: events and metrics may call it otherwise, as `isFailure` says. */
function seenOf({ gives, events }: Expected, ending: Ending): string[] {
  const { unentered, unasked, aborts } = ending;
  if (unentered === true) return [];
  // Whatever the reason is: it is the caller's.
  if (aborts === true && gives === 'the reason') return ['cancelled'];
  if (gives === 'the answer' || gives === 'the failed result') return ['success'];
  const outcome = outcomeOf(events);
  // While nobody is asked, a time that is over is no sign of the upstream.
  if (outcome === 'timeout') return [unasked === true ? 'cancelled' : 'timeout'];
  return [outcome === 'rejected' || outcome === 'cancelled' ? outcome : 'failure'];
}

/** Whether the policy itself tells of it: neither the pipeline nor what an ending puts around it. */
function isOfPolicy(event: string): boolean {
  return !/^(call|attempt) | by (outside|inside|call_timeout|drain|giving_up)\b/.test(event);
}

function faultsOf({ faults }: Ending, events: number): number {
  if (faults === undefined) return 0;
  return faults === 'each event' ? events : 1;
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
