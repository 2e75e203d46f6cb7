import type { Attempt } from '../contract/context.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import type { AttemptKind } from '../reporting/kinds.js';
import type { AbandonablePass } from './abandonable-pass.js';
import type { CallSite } from './call-site.js';
import type { DriveHold } from './drive.js';
import type { Following } from './followed-signal.js';

/** A gate whose exit waits until the operations started inside it have settled. */
export interface Held {
  readonly layer: number;
  readonly state: unknown;
  readonly outcome: Outcome;
}

/** An abort or expiry that came while the pass was still entering. */
export interface Interruption {
  readonly layer: number;
  readonly kind: OutcomeKind;
  readonly error: unknown;
  /** Because a time is over. */
  readonly expired: boolean;
}

/** A time is over, and the operations that run have been told. */
export interface TimeOver {
  readonly reason: unknown;
  /** In the clock's milliseconds. */
  readonly at: number;
}

/** What a pass needs only when it leaves the straight path: when it waits, is driven, aborted or has more than one attempt. */
export class Detour {
  /** The pass whose driver started this one. */
  parent: AbandonablePass | undefined;
  attemptKind: AttemptKind = 'first';
  /** Who wants to be told when this pass, or one that it starts, is about to call the operation. */
  onStart: (() => void) | undefined;
  /** The passes started by drivers of this one that have not really settled: the first, which leads to the others. */
  firstChild: AbandonablePass | undefined;
  /** The next pass that the same parent started. */
  nextSibling: AbandonablePass | undefined;
  drive: DriveHold | undefined;
  /** The last attempt that failed by itself; what it left running is aborted before another one starts. */
  failed: Attempt | undefined;
  /** A gate's promise of admission is pending. */
  waiting = false;
  /** When it began to wait there, if somebody watches the call; else NaN. */
  waitingSince = Number.NaN;
  /** Why the pass left the gate it waited for. */
  leftFor: unknown;
  held: Held[] | undefined;
  interruption: Interruption | undefined;
  /** What else follows the signal that gives this pass up. */
  following: Following | undefined;
  /** Its signal does not give it up but says that its time is over. */
  cooperative = false;
  timeOver: TimeOver | undefined;
  degraded = false;
  /** Of the first pass: the call's number, once somebody asked for it. */
  callId: number | undefined;
  /** Of the first pass, where stacks are captured: where the call was made. */
  site: CallSite | undefined;
}
