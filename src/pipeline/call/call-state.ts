import type { ResilienceError } from '../../errors.js';
import { ContractError } from '../../errors.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Attempt } from '../contract/context.js';
import type { Call } from '../contract/policy.js';
import { discardWith } from '../outcome/discard.js';
import type { FailureRule } from '../outcome/failure-rule.js';
import { knownOf } from '../outcome/failure-rule.js';
import type { Outcome, OutcomeKind } from '../outcome/outcome.js';
import { kindOfError, outcomeOf } from '../outcome/outcome.js';
import type { Known, Verdict } from '../outcome/verdict.js';
import { Judged, verdictIn } from '../outcome/verdict.js';
import type { Layer, Nested, Plan } from '../plan.js';
import { nextCallId } from '../reporting/call-id.js';
import type { EventBody, PipelineEvent, Told, ToldOutcome } from '../reporting/events.js';
import type { AttemptKind, CallOutcome } from '../reporting/kinds.js';
import type { CallWatch } from '../reporting/observer.js';
import { statusOf, toldAs } from '../reporting/reported-outcome.js';
import type { Home } from './async-context.js';
import { Detour } from './detour.js';
import type { Host } from './host.js';
import { Delivery, Phase } from './phase.js';

/** What a pass is made of, and what policies and listeners are told of it: the `Call` and, while it leaves, the `Outcome`. */
export abstract class CallState extends Judged implements Call {
  /** The pipeline that it serves, or served last. */
  host: Host;
  /** That of the host, or of the time before it drained. */
  plan: Plan;
  protected layers: readonly Layer[];
  protected delivery: Delivery = Delivery.execute;
  protected phase: Phase = Phase.idle;
  /** The operation of this pass has not settled. */
  protected busy = false;
  /** What each gate keeps for this call. */
  protected readonly states: unknown[];
  protected attempt!: Attempt;
  /** Whether the pass has a promise of its own. */
  protected owned = false;
  /** What only a call off the straight path needs. */
  protected detour: Detour | undefined;
  /** The first pass of the call. */
  protected root: CallState = this;
  /** Of the first pass: who watches the call. */
  protected watch: CallWatch | undefined;
  /** When the call started, if somebody listened then; else NaN. A field of numbers alone is stored without an allocation. */
  protected startedAt = Number.NaN;
  /** The outermost layer of this pass. */
  from = 0;
  /** Of the first pass: how often the operation has been called. */
  protected runs = 0;
  layer = 0;
  kind: OutcomeKind = 'success';
  error: unknown;

  constructor(host: Host, plan: Plan) {
    super();
    this.host = host;
    this.plan = plan;
    this.layers = plan.layers;
    // An array left to grow would take room for seventeen.
    this.states = new Array(this.layers.length).fill(undefined);
  }

  get state(): unknown {
    return this.states[this.layer];
  }

  set state(state: unknown) {
    this.states[this.layer] = state;
  }

  /** What the operation or a fallback answered. */
  get value(): unknown {
    return this.attempt.value;
  }

  get attempts(): number {
    return this.root.runs;
  }

  get callId(): number {
    const detour = this.root.off();
    detour.callId ??= nextCallId();
    return detour.callId;
  }

  /** The same, if anybody listens. */
  get heardAs(): number | undefined {
    return this.listening ? this.callId : undefined;
  }

  /** Where the call was made, if user code may be called from elsewhere. */
  protected get home(): Home | undefined {
    return this.root.attempt.home ?? this.attempt.home;
  }

  get pipeline(): string {
    return this.host.name;
  }

  get label(): string {
    return this.host.label;
  }

  get publicKey(): string | undefined {
    return this.host.publicKey;
  }

  get policy(): string {
    return this.layers[this.layer]?.name ?? '';
  }

  get time(): TimeSource {
    return this.host.time;
  }

  get captureStack(): boolean {
    return this.host.captureStack;
  }

  get listening(): boolean {
    if (this.host.hub.active || this.root.watch !== undefined) return true;
    const { inner } = this.plan;
    return inner.length > 0 && inner.some((each) => each.hub.active);
  }

  get deadline(): number {
    let deadline = Infinity;
    for (let pass: CallState | undefined = this; pass !== undefined; pass = pass.detour?.parent) {
      for (let i = pass.from, end = pass.enteredLayers; i < end; i++) {
        const at = pass.layers[i]?.gate?.deadlineOf?.(pass.states[i]);
        if (at !== undefined && at < deadline) deadline = at;
      }
      const over = pass.detour?.timeOver;
      if (over !== undefined && over.at < deadline) deadline = over.at;
    }
    return deadline;
  }

  get roughDeadline(): number {
    return this.deadlineOutside(this.enteredLayers);
  }

  /** That of the layers outside of `layer`. */
  private deadlineOutside(layer: number): number {
    let deadline = Infinity;
    let end = layer;
    for (let pass: CallState | undefined = this; pass !== undefined; pass = pass.detour?.parent) {
      if (pass !== this) end = pass.enteredLayers;
      for (let i = pass.from; i < end; i++) {
        const gate = pass.layers[i]?.gate;
        if (gate === undefined) continue;
        const state = pass.states[i];
        const at = gate.roughDeadlineOf?.(state) ?? gate.deadlineOf?.(state);
        if (at !== undefined && at < deadline) deadline = at;
      }
    }
    return deadline;
  }

  setting(layer: number): number | undefined {
    return this.attempt.settings?.[layer];
  }

  stopClock(layer: number | undefined): void {
    if (this.phase !== Phase.running) return;
    for (let i = this.from; i < this.layers.length; i++) {
      const gate = this.layers[i]?.gate;
      if (i === layer && gate?.stopClock !== undefined) {
        this.states[i] = gate.stopClock(this, this.states[i]);
      }
      gate?.sending?.(this, this.states[i]);
    }
  }

  startClock(layer: number | undefined, extraMs: number): void {
    if (this.phase !== Phase.running) return;
    for (let i = this.from; i < this.layers.length; i++) {
      const gate = this.layers[i]?.gate;
      if (i === layer && gate?.startClock !== undefined) {
        this.states[i] = gate.startClock(this, i, this.states[i], extraMs);
      }
      if (gate?.sent === undefined) continue;
      this.states[i] = gate.sent(this, this.states[i], this.deadlineOutside(i), extraMs);
    }
  }

  emit(event: EventBody, at = this.layer): void {
    const { name, within } = this.layers[at] as Layer;
    const full = this.eventOf(event, name);
    const { home, phase } = this;
    const isAsked = phase === Phase.entering || phase === Phase.leaving;
    // A policy that speaks unasked does so from a timer, which may be another call's.
    if (home === undefined || isAsked) this.tell(full, within);
    else home.runInAsyncScope(this.tell, this, full, within);
  }

  private eventOf(event: EventBody, policy: string | undefined): PipelineEvent {
    const { name: pipeline, key } = this.host;
    return { ...event, pipeline, key, policy, callId: this.callId } as PipelineEvent;
  }

  private tell(event: PipelineEvent, within: readonly Nested[]): void {
    const { watch } = this.root;
    this.within(() => {
      this.host.hub.emit(event);
      for (const { hub } of within) hub.emit(event);
      // A listener may have ended the call.
      if (this.root.watch === watch) watch?.event(event);
    });
  }

  within<T>(run: () => T): T {
    const { watch } = this.root;
    return watch === undefined ? run() : watch.within(run);
  }

  note(event: EventBody, at = this.layer): void {
    const { watch } = this.root;
    if (watch === undefined) return;
    watch.event(this.eventOf(event, this.layers[at]?.name));
  }

  wouldReject(reason: string, retryAfter?: number): void {
    this.host.tally.rejection(this.policy, reason, false);
    if (this.listening) this.emit({ type: 'rejection', reason, enforced: false, retryAfter });
  }

  /** The call no longer waits to be let in. */
  protected endWait(): void {
    const { detour, root, host } = this;
    if (detour === undefined || Number.isNaN(detour.waitingSince)) return;
    const waitedMs = host.time.now() - detour.waitingSince;
    detour.waitingSince = Number.NaN;
    root.watch?.waited(this.policy, waitedMs);
  }

  isFailure(outcome: Outcome): Verdict | undefined {
    return verdictIn(this.known(outcome));
  }

  known(outcome: Outcome): Known {
    const rule = this.layers[this.layer]?.rule;
    return rule === undefined ? undefined : knownOf(outcome, rule);
  }

  /** Asks the pipeline's rule about the outcome. What that throws is the outcome from now on, and nobody is asked about it. */
  protected judge(rule: FailureRule): void {
    try {
      knownOf(this as Outcome, rule);
    } catch (error) {
      this.discard();
      this.fail(error);
      this.rule = rule;
      this.said = 'fault';
    }
  }

  /** Marks the call as answered by a fallback. */
  degraded(): void {
    this.root.off().degraded = true;
  }

  /** The layers before this one have been entered and not yet left. */
  protected get enteredLayers(): number {
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

  /** Says on an error of ours where it comes from. */
  protected signed(error: ResilienceError, policy: string): void {
    try {
      const { name, publicKey } = this.host;
      error.pipeline ??= name;
      error.policy ??= policy;
      if (publicKey !== undefined) error.key ??= publicKey;
    } catch {
      // A frozen error stays as it is.
    }
  }

  /** A policy returned something that its contract does not know. */
  protected broken(method: 'enter' | 'drive', answer: unknown): ContractError {
    const { pipeline, policy } = this;
    const key = this.host.publicKey;
    return new ContractError(
      method === 'enter'
        ? `gate "${policy}": enter must return undefined, a RejectedError or a promise of one of them (got ${shown(answer)})`
        : `driver "${policy}": drive must return an outcome or a promise of one (got ${shown(answer)})`,
      { pipeline, policy, key },
    );
  }

  /** The result this pass carries will not reach anybody. */
  protected discard(): void {
    if (this.kind === 'success') discardWith(this.host.discard, this.value);
  }

  off(): Detour {
    this.detour ??= new Detour();
    return this.detour;
  }

  protected end(kind: OutcomeKind, error: unknown): void {
    this.kind = kind;
    this.attempt.value = undefined;
    this.error = error;
    this.rule = undefined;
  }

  protected takeOver(outcome: Outcome): void {
    this.kind = outcome.kind;
    this.attempt.value = outcome.kind === 'success' ? outcome.value : undefined;
    this.error = outcome.kind === 'success' ? undefined : outcome.error;
    this.keepFrom(outcome);
  }

  protected fail(error: unknown): void {
    this.end(kindOfError(error), error);
  }

  protected outcome(): Outcome {
    const outcome = outcomeOf(this.kind, this.value, this.error);
    if (this.rule !== undefined) (outcome as unknown as Judged).keepFrom(this);
    return outcome;
  }

  protected get attemptKind(): AttemptKind {
    return this.detour?.attemptKind ?? 'first';
  }

  /** Whether who watches the call wants to hear of this attempt. */
  protected get reportsAttempt(): boolean {
    const { watch } = this.root;
    return watch !== undefined && (watch.attempts || this.attemptKind === 'hedge');
  }

  told(outcome: Outcome): Told {
    const { kind } = outcome;
    const result = kind === 'success' ? outcome.value : outcome.error;
    return {
      outcome: toldAs(this.host, outcome),
      status: statusOf(this.host, kind, result),
      value: kind === 'success' ? result : undefined,
      error: kind === 'success' ? undefined : result,
    };
  }

  /** Counts an attempt, and reports it to whoever wants to hear of each. */
  protected countAttempt(outcome: ToldOutcome): void {
    this.host.tally.attempt(this.attemptKind, outcome);
    if (this.host.hub.routine || this.reportsAttempt) this.reportAttempt(outcome);
  }

  protected reportAttempt(outcome: ToldOutcome): void {
    this.report({
      type: 'attempt',
      attempt: this.attempt.attempt,
      kind: this.attemptKind,
      outcome,
      status: statusOf(this.host, this.kind, this.kind === 'success' ? this.value : this.error),
      value: this.value,
      error: this.error,
    });
  }

  protected reportCall(outcome: CallOutcome): void {
    // Nobody listened when it started: how long it took is not known.
    if (Number.isNaN(this.startedAt)) return;
    this.report({
      type: 'call',
      outcome,
      attempts: this.attempts,
      durationMs: this.host.time.now() - this.startedAt,
      value: this.value,
      error: this.error,
    });
  }

  protected endWatch(outcome: CallOutcome, error: unknown): void {
    const watch = this.watch as CallWatch;
    this.watch = undefined;
    watch.end(outcome, this.runs, error, this.startedAt, this);
  }

  protected report(event: EventBody): void {
    this.tell(this.eventOf(event, undefined), NOBODY);
  }

  abstract abandon(layer: number, error: unknown): void;
}

const NOBODY: readonly Nested[] = [];

function shown(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return String(answer);
  return answer instanceof Error ? answer.name : 'an object';
}
