import type { RejectedError } from '../../errors.js';
import type { CallTraits } from '../contract/call-traits.js';
import type { LayerSettings, Operation } from '../contract/context.js';
import type { EventBody, PipelineEvent, ToldOutcome } from '../contract/events.js';
import { isLimit, refusalsOf } from '../contract/refusals.js';
import type { Outcome } from '../outcome/outcome.js';
import type { Layer, Nested, Plan } from '../plan.js';
import { needsHome } from '../plan.js';
import { nextCallId } from '../reporting/call-id.js';
import type { AttemptKind } from '../reporting/kinds.js';
import type { CallWatch, EndedCall } from '../reporting/observer.js';
import { placed } from '../reporting/placed.js';
import { failedResultOf, statusOf, toldAs } from '../reporting/reported-outcome.js';
import type { Home } from './async-context.js';
import { homeHere } from './async-context.js';
import type { RunningContext } from './attempt.js';
import { CallSite } from './call-site.js';
import type { Host } from './host.js';
import { sign } from './own-errors.js';

/**
 * One call, whatever the number of its attempts: what it runs, what it has done so far, and the reports about it. All
 * counters, events and traces of a call pass through here, and nothing here decides how the call goes on.
 */
export class CallRecord {
  readonly host: Host;
  readonly plan: Plan;
  readonly operation: Operation;
  /** What the call sets in place of its policies' own options. */
  readonly settings: LayerSettings | undefined;
  /** What the call says of itself. */
  readonly traits: CallTraits | undefined;
  /** How often the operation has been called. */
  attempts = 0;
  /** A fallback has answered. */
  degraded = false;
  /** The operation must not run beside itself. */
  alone = false;
  /** The async context in which the call was made, if user code may have to be called from a timer or a signal. */
  home: Home | undefined;
  /** Telemetry's watch over this call. */
  private watch: CallWatch | undefined;
  /** When the call started, if anybody wanted to know its duration then; else NaN. */
  private startedAt = Number.NaN;
  /** Where the call was made, if stacks are captured. */
  private site: CallSite | undefined;
  private number: number | undefined;

  constructor(
    host: Host,
    plan: Plan,
    operation: Operation,
    settings: LayerSettings | undefined,
    traits: CallTraits | undefined,
  ) {
    this.host = host;
    this.plan = plan;
    this.operation = operation;
    this.settings = settings;
    this.traits = traits;
  }

  /** The call starts. `above` is the function whose caller made it. */
  begin(above: (...args: never[]) => unknown, watch?: CallWatch): void {
    const { host } = this;
    if (host.captureStack) this.site = new CallSite(above);
    host.inFlight++;
    this.watch = watch ?? host.observer?.start(host);
    if (host.hub.routine || this.watch !== undefined) this.startedAt = host.time.now();
  }

  /** Remembers the async context in which this is called, if user code may be called when a timer or a signal ends the call. */
  keepHome(): void {
    if (this.home !== undefined) return;
    const isHeard = this.watch?.hears === true;
    if (isHeard || needsHome(this.plan, this.host.hub)) this.home = homeHere();
  }

  /** Calls a function in the async context in which the call was made. */
  atHome(run: () => void): void {
    if (this.home === undefined) run();
    else this.home.runInAsyncScope(run, undefined);
  }

  /** The number of the call, made when it is first asked for. */
  get callId(): number {
    this.number ??= nextCallId();
    return this.number;
  }

  /** Whether anybody hears of the events of this call. */
  get listening(): boolean {
    if (this.host.hub.active || this.watch !== undefined) return true;
    return this.plan.inner.some(({ hub }) => hub.active);
  }

  /** Whether telemetry watches the call. */
  get watched(): boolean {
    return this.watch !== undefined;
  }

  /** Calls a function in the trace of the call. */
  within<T>(run: () => T): T {
    return this.watch === undefined ? run() : this.watch.within(run);
  }

  /** Calls the operation, in the trace of the call. */
  operate(context: RunningContext): unknown {
    const { operation } = this;
    context.attempt = ++this.attempts;
    return this.watch === undefined ? operation(context) : this.watch.operate(operation, context);
  }

  /** Reports an event of a policy, in the async context of whoever calls. */
  emit(event: EventBody, { name, within }: Layer): void {
    this.tell(this.eventOf(event, name), within);
  }

  /** Reports an event of a policy that speaks unasked: from a timer, say, which may be another call's. */
  emitAtHome(event: EventBody, { name, within }: Layer): void {
    const full = this.eventOf(event, name);
    this.atHome(() => this.tell(full, within));
  }

  /** Notes an event in the trace of the call alone. */
  note(event: EventBody, policy: string | undefined): void {
    this.watch?.event(this.eventOf(event, policy));
  }

  /** A policy refuses the call. */
  refused(error: RejectedError, layer: Layer): void {
    const { host } = this;
    const { reason, retryAfter } = error;
    sign(error, host, layer.name);
    host.tally.rejection(layer.name, reason, true);
    if (!this.listening) return;
    this.emit({ type: 'rejection', reason, enforced: true, retryAfter, error }, layer);
  }

  /** The call has to wait in this layer, or is refused there at once: if the policy has a limit, the call has reached it. */
  atLimit({ gate, name }: Layer): void {
    if (isLimit(refusalsOf(gate))) this.host.tally.limitReached(name);
  }

  /** The call has waited to be let in by a policy, whatever came of it. */
  waited(policy: string, waitedMs: number): void {
    this.watch?.waited(policy, waitedMs);
  }

  /** An attempt ended: it is counted, and reported to whoever wants to hear of each. */
  attemptEnded(kind: AttemptKind, attempt: number, outcome: Outcome, told: ToldOutcome): void {
    const { host, watch } = this;
    host.tally.attempt(kind, told);
    const isWatched = watch !== undefined && (watch.attempts || kind === 'hedge');
    if (!host.hub.routine && !isWatched) return;
    const value = resultOf(outcome);
    const error = errorOf(outcome);
    const status = statusOf(host, outcome.kind, outcome.kind === 'success' ? value : error);
    this.report({ type: 'attempt', attempt, kind, outcome: told, status, value, error });
  }

  /** The call ended. */
  end(outcome: Outcome, call: EndedCall): void {
    const { host, attempts } = this;
    const value = resultOf(outcome);
    const error = errorOf(outcome);
    host.inFlight--;
    // An abort's reason belongs to the caller.
    if (outcome.kind !== 'success' && outcome.kind !== 'cancelled') this.site?.addTo(error);
    const told = this.isDegraded(outcome) ? 'fallback' : toldAs(host, outcome);
    const failed = outcome.kind === 'success' && told === 'failure';
    const toldError = failed ? failedResultOf(host, value) : error;
    host.tally.call(told, attempts > 1, toldError);
    if (host.hub.routine) {
      // Of a call that began with nobody listening, the duration is not known.
      if (!Number.isNaN(this.startedAt)) {
        const durationMs = host.time.now() - this.startedAt;
        this.report({ type: 'call', outcome: told, attempts, durationMs, value, error });
      }
      host.closing?.check();
    }
    const { watch } = this;
    this.watch = undefined;
    watch?.end(told, attempts, toldError, this.startedAt, call);
  }

  /** Whether it is a fallback that has answered. */
  isDegraded({ kind }: Outcome): boolean {
    return this.degraded && kind === 'success';
  }

  private report(event: EventBody): void {
    this.tell(this.eventOf(event, undefined), NOBODY);
  }

  private eventOf(event: EventBody, policy: string | undefined): PipelineEvent {
    const { name: pipeline, key } = this.host;
    return placed(event, { pipeline, key, policy, callId: this.callId });
  }

  private tell(event: PipelineEvent, within: readonly Nested[]): void {
    const { watch } = this;
    this.within(() => {
      this.host.hub.emit(event);
      for (const { hub } of within) hub.emit(event);
      // A listener may have ended the call.
      if (this.watch === watch) watch?.event(event);
    });
  }
}

const NOBODY: readonly Nested[] = [];

function resultOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? outcome.value : undefined;
}

function errorOf(outcome: Outcome): unknown {
  return outcome.kind === 'success' ? undefined : outcome.error;
}
