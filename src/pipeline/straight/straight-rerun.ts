/**
 * Runs calls on the straight path again whose operation has failed: one attempt after another, as the driver in one layer decides. Passes take such a
 * call over where it is, if there is more to do: one for the call, which the driver drives, and one for its run inside.
 */
import type { TimeSource } from '../../time/time-source.js';
import { answer, driven, inside, running } from '../call/adoption.js';
import type { Home } from '../call/async-context.js';
import type { ContextOwner, RunningContext } from '../call/attempt.js';
import { Attempt } from '../call/attempt.js';
import type { CallView } from '../call/call-view.js';
import type { DriveHold } from '../call/drive.js';
import { SUPERSEDED } from '../call/drive.js';
import type { Pass } from '../call/pass.js';
import type { Operation } from '../contract/context.js';
import type { ToldOutcome } from '../contract/events.js';
import type {
  BegunRun,
  StraightHalf,
  StraightPath,
  StraightRerun,
} from '../contract/straight-half.js';
import { THROUGH } from '../contract/straight-half.js';
import type { Outcome } from '../outcome/outcome.js';
import { kindOfError } from '../outcome/outcome.js';
import { isNative, soon } from '../outcome/promises.js';
import type { Leaving } from './straight-end.js';
import { close, Ending, goOut, leaveStraight, settle } from './straight-end.js';
import { isHeard } from './straight-path.js';

/** The parts of a call that are needed here. */
export type Rerunnable = Leaving &
  RunningContext & {
    readonly operation: Operation;
    readonly home: Home | undefined;
    keepHome(): void;
    runAgain(rerun: Rerun): void;
  };

/** Lets the driver in `layer` run a call again that has a promise of its own. Returns whether it can do so on the straight path. */
export function rerun(call: Rerunnable, layer: number, end: Ending): boolean {
  const { halves } = call.plan.path as StraightPath;
  const run = halves[layer]?.rerun?.(call, end);
  if (run === undefined) return false;
  new Rerun(call, layer, run, halves, end).goOn(end);
  return true;
}

/** A call that is run again. It answers for the contexts of the attempts after the first. */
export class Rerun implements ContextOwner {
  readonly #call: Rerunnable;
  /** That of the driver. */
  readonly #layer: number;
  readonly #run: StraightRerun;
  readonly #halves: readonly StraightHalf[];
  #attempts = 1;
  /** That of the last attempt. */
  #context: RunningContext;
  /** The same, if that attempt failed by itself. What it left running is aborted before another one starts. */
  #failed: RunningContext | undefined;
  /** Whether that attempt belongs to the run that goes on. */
  #begun = false;
  /** While it waits. */
  #timer: unknown;
  #wake: ((slept: boolean) => void) | undefined;
  /** The passes, once they have taken over. */
  #outer: Pass | undefined;
  #inner: Pass | undefined;
  /** Lets the driver go on in the full engine. To be called in the async context of the call. */
  #resume: ((begun: BegunRun) => void) | undefined;

  constructor(
    call: Rerunnable,
    layer: number,
    run: StraightRerun,
    halves: readonly StraightHalf[],
    end: Ending,
  ) {
    this.#call = call;
    this.#layer = layer;
    this.#run = run;
    this.#halves = halves;
    this.#context = call;
    if (end.kind === 'failure') this.#failed = call;
    call.runAgain(this);
  }

  /** The run inside has failed like this, and the driver does not let that go as it is. */
  goOn(end: Ending): void {
    const stop = this.#run.stops(end);
    const { delayMs } = this.#run;
    const { plan } = this.#call;
    // Somebody may have begun to listen while the error was read.
    if (this.#outer === undefined && isHeard(plan, (plan.path as StraightPath).hub))
      this.#handOverBetween();
    // Off the path: passes have taken over, then or while the error was read.
    if (this.#resume !== undefined) this.#resume({ stop });
    else if (stop !== undefined) this.#leave(end);
    else if (delayMs > 0) this.#wait(delayMs);
    else this.#start();
  }

  #wait(delayMs: number): void {
    const { clock } = this.#call.host.time;
    const slept = new Promise<boolean>((resolve) => {
      this.#wake = resolve;
      this.#timer = clock.setTimer(() => resolve(true), delayMs);
    });
    // The reaction runs in the async context of the call, whoever fires the timer.
    slept.then((slept) => {
      this.#timer = undefined;
      // Off the path: passes have taken over meanwhile.
      if (this.#resume !== undefined) this.#resume({ slept });
      else this.#start();
    });
  }

  #start(): void {
    const call = this.#call;
    const first = this.#layer + 1;
    const failed = this.#failed;
    this.#failed = undefined;
    failed?.abort(SUPERSEDED);
    // Off the path: whoever heard of that has asked the call for something.
    if (this.#resume !== undefined) {
      this.#resume({ slept: true });
      return;
    }
    // Somebody may have begun to listen.
    if (call.plan.mayAbandon && call.home === undefined) call.keepHome();
    for (let i = first; i < this.#halves.length; i++) {
      const { enter } = this.#halves[i] as StraightHalf;
      // Off the path: a policy refuses the call, or makes it wait.
      if (enter !== undefined && !enter(call)) {
        this.#handOver(i).enter(i);
        return;
      }
    }
    this.#operate();
  }

  #operate(): void {
    this.#run.started();
    const context = new Attempt(this);
    context.attempt = ++this.#attempts;
    this.#context = context;
    this.#begun = true;
    let result: unknown;
    try {
      result = this.#call.operation(context);
      if (isNative(result)) {
        result.then(
          (value) => this.#succeeded(value),
          (error: unknown) => this.#failedWith(error),
        );
        return;
      }
    } catch (error) {
      // Off the path: the operation throws.
      this.#takeOverRun().rejected(error);
      return;
    }
    // Off the path: the operation has returned something other than a promise.
    answer(this.#takeOverRun(), result);
  }

  #succeeded(value: unknown): void {
    const { hub } = this.#call.plan.path as StraightPath;
    // Off the path: the call has left it already, or somebody listens to its end.
    if (this.#inner !== undefined || hub.routine) {
      this.#takeOverRun().fulfilled(value);
      return;
    }
    const end = new Ending('success', undefined);
    end.value = value;
    this.#ended(end);
  }

  #failedWith(error: unknown): void {
    const { plan } = this.#call;
    if (this.#inner !== undefined || isHeard(plan, (plan.path as StraightPath).hub)) {
      this.#takeOverRun().rejected(error);
      return;
    }
    this.#ended(new Ending(kindOfError(error), error));
  }

  /** The operation has ended, and the run leaves the layers inside the driver. */
  #ended(end: Ending): void {
    const call = this.#call;
    const layer = this.#layer;
    const halves = this.#halves;
    (call.plan.path as StraightPath).tally.attempt('retry', end.told as ToldOutcome);
    const at = leaveStraight(halves, halves.length - 1, call, end, layer + 1);
    if (at !== THROUGH) {
      // Off the path: a policy has more to do.
      goOut(this.#handOver(at + 1), at, end, this.#attempts);
      return;
    }
    const context = this.#context;
    context.detach();
    this.#begun = false;
    this.#failed = end.kind === 'failure' ? context : undefined;
    if (end.kind !== 'success' && halves[layer]?.fail?.(call, end) === false) {
      this.goOn(end);
      return;
    }
    if (end.kind === 'success') this.#run.succeeded();
    this.#leave(end);
  }

  /** The driver is content, or gives up. */
  #leave(end: Ending): void {
    const call = this.#call;
    const attempts = this.#attempts;
    const at = leaveStraight(this.#halves, this.#layer - 1, call, end);
    if (at === THROUGH) {
      close(call, end, attempts > 1);
      settle(call, end);
    } else {
      // Off the path: a policy has more to do.
      goOut(call.takeOver(at + 1), at, end, attempts, this.#failed);
    }
  }

  // Off the path.

  /** The pass of the run whose operation has been called. */
  #takeOverRun(): Pass {
    return this.#inner ?? running(this.#handOver(this.#halves.length), this.#attempts);
  }

  /** Lets passes take the call over. Its run is inside the layers before `entered`. Returns the pass of the run. */
  #handOver(entered: number): Pass {
    const call = this.#call;
    const layer = this.#layer;
    const run = this.#run;
    const context = this.#begun ? this.#context : undefined;
    const outer = call.takeOver(layer);
    const ended = (outcome: unknown): void => this.#resume?.({ outcome: outcome as Outcome });
    const inner = inside(outer, layer, ended, context, () => run.started());
    this.#inner = inner;
    const { view } = inner;
    for (let i = layer + 1; i < entered; i++) {
      view.states[i] = this.#halves[i]?.stateOf?.(call, view);
    }
    this.#drivenBy(outer, undefined);
    return inner;
  }

  /** The same while there is no run. */
  #handOverBetween(): void {
    const outer = this.#call.takeOver(this.#layer);
    const hold = this.#drivenBy(outer, this.#failed);
    if (this.#timer !== undefined) hold.addSleeper(this.#timer, (slept) => this.#wake?.(slept));
  }

  /** The pass is the driver's, which goes on when it is told how the wait or the run has ended. */
  #drivenBy(outer: Pass, failed: RunningContext | undefined): DriveHold {
    this.#outer = outer;
    const hold = driven(outer, this.#layer, this.#attempts, failed);
    this.#resume = (begun) => {
      this.#resume = undefined;
      // Later, because whoever tells it may have more to do. A reaction runs in the same async context.
      soon(() => outer.driveBy(hold, () => this.#run.resume(hold, begun)));
    };
    return hold;
  }

  // What the contexts of its attempts are asked.

  get pipeline(): string {
    return this.#call.host.name;
  }

  get time(): TimeSource {
    return this.#call.host.time;
  }

  get deadline(): number {
    return this.innermost.deadline;
  }

  get heardAs(): number | undefined {
    return this.innermost.heardAs;
  }

  get innermost(): CallView {
    return this.viewIn(this.#halves.length);
  }

  /** The run that the policy in `layer` has let in, once passes have taken over. */
  viewIn(layer: number): CallView {
    const { view } = this;
    return layer > this.#layer && this.#inner !== undefined ? this.#inner.view : view;
  }

  /** The call outside the driver. */
  get view(): CallView {
    if (this.#outer === undefined) {
      if (this.#begun) this.#takeOverRun();
      else this.#handOverBetween();
    }
    return (this.#outer as unknown as Pass).view;
  }
}
