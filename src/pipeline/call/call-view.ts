import type { TimeSource } from '../../time/time-source.js';
import type { CallTraits } from '../contract/call-traits.js';
import { rankOf } from '../contract/call-traits.js';
import type { Operation } from '../contract/context.js';
import type { EventBody, Told } from '../contract/events.js';
import type { Call, Gate } from '../contract/policy.js';
import { knownOf } from '../outcome/failure-rule.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import { kindOfError, outcomeOf } from '../outcome/outcome.js';
import type { Known, Verdict } from '../outcome/verdict.js';
import { Judged, verdictIn } from '../outcome/verdict.js';
import type { Layer } from '../plan.js';
import type { AttemptKind } from '../reporting/kinds.js';
import { toldOf } from '../reporting/reported-outcome.js';
import type { ContextOwner } from './attempt.js';
import type { CallRecord } from './call-record.js';
import { Phase } from './phase.js';

/** What a gate can do to the pass that it has let in. */
export interface Abandonable {
  readonly kind: AttemptKind;
  abandon(layer: number, error: unknown): void;
}

/** The time of a run is over, and the operations that run are told. */
export interface TimeOver {
  readonly reason: unknown;
  /** In the clock's milliseconds. */
  readonly at: number;
}

/** What a gate says of the deadline that it keeps for a call. */
type DeadlineOf = (gate: Gate, state: unknown) => number | undefined;

const exact: DeadlineOf = (gate, state) => gate.deadlineOf?.(state);

/** Up to a tick early. */
export const rough: DeadlineOf = (gate, state) =>
  gate.roughDeadlineOf?.(state) ?? gate.deadlineOf?.(state);

/**
 * A pass as policies see it: the {@link Call}, and while the pass leaves, the {@link Outcome} too. It knows where the pass is, what each
 * gate keeps for it and how it has ended so far, and decides nothing.
 */
export class CallView extends Judged implements Call, ContextOwner {
  readonly record: CallRecord;
  readonly layers: readonly Layer[];
  /** The outermost layer of the pass: 0, or the first inside the driver that started it. */
  readonly from: number;
  /** The pass whose driver started this one. */
  readonly outer: CallView | undefined;
  /** What each gate keeps for this pass. */
  readonly states: unknown[];
  phase: Phase = Phase.idle;
  /** The layer that is asked, waited for or driving. */
  layer: number;
  kind: OutcomeKind = 'success';
  /** What the operation or a fallback answered. */
  value: unknown = undefined;
  error: unknown = undefined;
  /** It is a hedge: what policies do once for each first run, they have done for the run beside it. */
  beside = false;
  /** Set when the time of a cooperative run is over. */
  timeOver: TimeOver | undefined = undefined;
  around: ((operation: Operation) => Operation) | undefined = undefined;
  private readonly pass: Abandonable;

  constructor(pass: Abandonable, record: CallRecord, from: number, outer: CallView | undefined) {
    super();
    this.pass = pass;
    this.record = record;
    this.layers = record.plan.layers;
    this.from = from;
    this.layer = from;
    this.outer = outer;
    this.states = new Array(this.layers.length).fill(undefined);
  }

  // Where it is.

  /** The layers before this one have been entered and not yet left. */
  get enteredLayers(): number {
    switch (this.phase) {
      case Phase.running:
        return this.layers.length;
      case Phase.done:
      case Phase.idle:
        return this.from;
      default:
        return this.layer;
    }
  }

  get pipeline(): string {
    return this.record.host.name;
  }

  get label(): string {
    return this.record.host.label;
  }

  get publicKey(): string | undefined {
    return this.record.host.publicKey;
  }

  get captureStack(): boolean {
    return this.record.host.captureStack;
  }

  get policy(): string {
    return this.layers[this.layer]?.name ?? '';
  }

  get attempts(): number {
    return this.record.attempts;
  }

  get traits(): CallTraits | undefined {
    return this.record.traits;
  }

  get alone(): boolean {
    return this.record.alone;
  }

  runsAlone(): void {
    this.record.alone = true;
  }

  get rank(): number {
    return rankOf(this.traits?.priority, this.pass.kind === 'first');
  }

  get state(): unknown {
    return this.states[this.layer];
  }

  set state(state: unknown) {
    this.states[this.layer] = state;
  }

  setting(layer: number): number | undefined {
    return this.record.settings?.[layer];
  }

  abandon(layer: number, error: unknown): void {
    this.pass.abandon(layer, error);
  }

  // Its time.

  get time(): TimeSource {
    return this.record.host.time;
  }

  get deadline(): number {
    return this.deadlineOutside(this.enteredLayers, exact);
  }

  get roughDeadline(): number {
    return this.deadlineOutside(this.enteredLayers, rough);
  }

  /** The nearest deadline that the layers outside this one have set. */
  deadlineOutside(layer: number, deadlineOf: DeadlineOf): number {
    let deadline = Infinity;
    let end = layer;
    for (let view: CallView | undefined = this; view !== undefined; view = view.outer) {
      if (view !== this) end = view.enteredLayers;
      for (let i = view.from; i < end; i++) {
        const gate = view.layers[i]?.gate;
        const at = gate && deadlineOf(gate, view.states[i]);
        if (at !== undefined && at < deadline) deadline = at;
      }
      if (view.timeOver !== undefined && view.timeOver.at < deadline) deadline = view.timeOver.at;
    }
    return deadline;
  }

  // What is told of it.

  get callId(): number {
    return this.record.callId;
  }

  get innermost(): this {
    return this;
  }

  /** The call's number, if anybody listens. */
  get heardAs(): number | undefined {
    return this.listening ? this.callId : undefined;
  }

  get listening(): boolean {
    return this.record.listening;
  }

  emit(event: EventBody, at = this.layer): void {
    const { phase, record } = this;
    const layer = this.layers[at] as Layer;
    if (phase === Phase.entering || phase === Phase.leaving) record.emit(event, layer);
    else record.emitAtHome(event, layer);
  }

  within<T>(run: () => T): T {
    return this.record.within(run);
  }

  note(event: EventBody, at = this.layer): void {
    if (this.record.watched) this.record.note(event, this.layers[at]?.name);
  }

  told(outcome: Outcome): Told {
    return toldOf(this.record.host, outcome);
  }

  wouldReject(reason: string, retryAfter?: number): void {
    const priority = this.traits?.priority;
    this.record.host.tally.rejection(this.policy, reason, false, priority);
    if (!this.listening) return;
    this.emit({ type: 'rejection', reason, enforced: false, retryAfter, priority });
  }

  // How it has ended so far.

  /** Valid until the pass goes on: see {@link CallView.outcome} for one that may be kept. */
  get current(): Outcome {
    return this as Outcome;
  }

  /** A copy of the outcome. */
  outcome(): Outcome {
    const outcome = outcomeOf(this.kind, this.value, this.error);
    if (this.rule !== undefined) (outcome as unknown as Judged).keepFrom(this);
    return outcome;
  }

  isFailure(outcome: Outcome): Verdict | undefined {
    return verdictIn(this.known(outcome));
  }

  known(outcome: Outcome): Known {
    const rule = this.layers[this.layer]?.rule;
    return rule === undefined ? undefined : knownOf(outcome, rule);
  }

  /** It ends like this. */
  takeOver(outcome: Outcome): void {
    const succeeded = outcome.kind === 'success';
    this.kind = outcome.kind;
    this.value = succeeded ? outcome.value : undefined;
    this.error = succeeded ? undefined : outcome.error;
    this.keepFrom(outcome);
  }

  /** It ends with an error of this kind. */
  end(kind: OutcomeKind, error: unknown): void {
    this.kind = kind;
    this.value = undefined;
    this.error = error;
    this.rule = undefined;
  }

  /** It ends with this error. */
  fail(error: unknown): void {
    this.end(kindOfError(error), error);
  }
}
