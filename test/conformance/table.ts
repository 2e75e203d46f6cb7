import type { PipelineLayer } from 'holdfast';
import type { Scene } from './scene.js';

/** What is asked of a cell. What a cell does not say is asked as well: see `wanted.ts`. */
export interface Expected {
  /** What the caller gets: `the answer`, `boom`, the code of an error. */
  readonly gives: string;
  /** Every event in order, in words: see `words.ts`. Counters follow from them. */
  readonly events: readonly string[];
  /** Permits that are not back when the call has settled, since its operation still runs. Default 0. */
  readonly held?: number;
  /** Faults that are told to `diag` alone. Default 0. */
  readonly faults?: number;
  /** Attempts that ended before the operation was called. Default 0. */
  readonly uncalled?: number;
  /** What the policy has counted, where it counts. */
  readonly counts?: string;
}

/** Says why a cell cannot happen. */
export interface Cannot {
  readonly cannot: string;
}

/** The same as in most policies, but for what is said here. */
export interface Usual {
  readonly usual: Partial<Expected>;
}

/** One expectation for each way in which it happens. */
export interface Cases {
  readonly cases: Readonly<Record<string, Expected | Usual>>;
}

/** What happens to one policy in one ending. */
export type Cell = Expected | Usual | Cannot | Cases;

export const cannot = (why: string): Cannot => ({ cannot: why });
export const usual = (but: Partial<Expected> = {}): Usual => ({ usual: but });
export const cases = (each: Cases['cases']): Cases => ({ cases: each });
export const ends = (
  gives: string,
  events: readonly string[],
  more: Partial<Expected> = {},
): Expected => ({ gives, events, ...more });

/** A policy at work in a scene. */
export interface Subject {
  readonly layers: readonly PipelineLayer[];
  /** Permits that are taken: slots, and whatever else `exit` has to give back. */
  readonly held?: () => number;
  /** Calls that wait in it. */
  readonly waiting?: () => number;
  /** What it has counted. */
  readonly counts?: () => string | Promise<string>;
  /** Lets a call that waits go on. By default time passes. */
  readonly goOn?: () => void | Promise<void>;
}

/** Sets a policy up in a scene. */
export type SetUp = (scene: Scene) => Subject | Promise<Subject>;

/** A policy: how it is set up for each ending, and what it does then. */
export interface Row {
  readonly name: string;
  /** Where it is described, from docs/. */
  readonly page?: string;
  /** Nothing is in the way of the call. */
  readonly plain: SetUp;
  /** Something has been done to the policy then, which its copies would not know of. */
  readonly prepared?: boolean;
  /** No other policy may be inside. */
  readonly innermost?: boolean;
  /** The call waits: one set-up for each of its waits. */
  readonly waits?: Readonly<Record<string, SetUp>>;
  /** Likewise, and in the end it has waited in vain. */
  readonly vain?: Readonly<Record<string, SetUp>>;
  /** It refuses the call. */
  readonly refuses?: SetUp;
  /** It would refuse the call, but for a dry run. */
  readonly waives?: SetUp;
  /** One set-up for each callback of the user's, which throws {@link FAULT}. */
  readonly faults?: Readonly<Record<string, SetUp>>;
  readonly cells: Readonly<Record<EndingName, Cell>>;
}

/** The endings of a call, in the order of the page. */
export const endingNames = [
  'returns',
  'resolves',
  'throws',
  'rejects',
  'failed result',
  'judged result',
  'forgiven',
  'ignored',
  'timeout inside',
  'timeout outside',
  'own timeout',
  'late result',
  'late rejection',
  'abort before',
  'abort during',
  'callers timeout',
  'past deadline',
  'waits',
  'abort in a wait',
  'timeout in a wait',
  'own timeout in a wait',
  'waits in vain',
  'refuses',
  'would refuse',
  'refusal inside',
  'given up inside',
  'draining',
  'callback throws',
  'isFailure throws',
  'listener throws',
  'listener aborts',
  'listener aborts a wait',
  'discard throws',
] as const;

export type EndingName = (typeof endingNames)[number];
