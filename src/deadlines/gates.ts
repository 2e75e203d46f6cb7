import { RejectedError, TimeoutError } from '../errors.js';
import type { Admission, Call, Gate } from '../pipeline/contract/policy.js';
import { AT_INHERITED, INHERITED_DEADLINE } from '../pipeline/inherited.js';
import type { Outcome } from '../pipeline/outcome/outcome.js';
import { DormantTimeout } from '../policies/timeout/dormant.js';
import { formatDuration } from '../time/duration.js';
import { AttemptTime } from './attempt-time.js';

/** The policy that refuses a call because of its deadline, in errors, events and metrics. */
const DEADLINE = 'deadline';
/** Whose time was over: the one that the call brought, or the one that it inherited. */
const POLICIES = ['call_timeout', INHERITED_DEADLINE] as const;

/** The places of the gates in a call's settings, after the deadline itself. */
const OWN = 1;
const INHERITED = 2;

/** Shows a call's deadline to the layers inside, and refuses a call whose deadline has passed or is too near. */
class Deadline implements Gate {
  readonly role = 'gate';
  readonly type = 'timeout';
  readonly name = DEADLINE;
  readonly quiet = true;
  readonly refusals = { reasons: [DEADLINE] };
  readonly #attempts: AttemptTime;

  constructor(attempts: AttemptTime) {
    this.#attempts = attempts;
  }

  enter(call: Call): Admission {
    const { layer } = call;
    const deadline = call.setting(layer) ?? Infinity;
    call.state = deadline;
    const now = call.time.now();
    if (deadline <= now) throw passed(call, call.setting(layer + INHERITED) !== undefined);
    const left = Math.min(deadline - now, call.setting(layer + OWN) ?? Infinity);
    return this.#attempts.isEnough(left, now) ? undefined : tooNear(call, left);
  }

  exit(): void {}

  deadlineOf(state: unknown): number {
    return state as number;
  }
}

/** Right before the operation: refuses an attempt whose time would not be enough, and learns how long attempts take. */
class AttemptDeadline implements Gate {
  readonly role = 'gate';
  readonly type = 'timeout';
  readonly name = DEADLINE;
  readonly quiet = true;
  readonly #attempts: AttemptTime;

  constructor(attempts: AttemptTime) {
    this.#attempts = attempts;
  }

  enter(call: Call): Admission {
    const now = call.time.now();
    call.state = now;
    const left = call.deadline - now;
    return this.#attempts.isEnough(left, now) ? undefined : tooNear(call, left);
  }

  exit(call: Call, outcome: Outcome): void {
    const now = call.time.now();
    const durationMs = now - (call.state as number);
    if (outcome.kind === 'timeout') this.#attempts.ranOut(durationMs, now);
    if (outcome.kind !== 'success') return;
    const verdict = call.isFailure(outcome);
    if (verdict === true || verdict === 'ignore') return;
    this.#attempts.learn(durationMs, now);
  }

  /** The time of an attempt starts when its body has been sent. */
  sent(call: Call, _state: unknown, _deadlineMs: number, extraMs: number): number {
    return call.time.now() + extraMs;
  }
}

/** The gates for the calls of one plan that have a time: those outside of its layers, in the order of the settings, and the one inside. */
export function deadlineGates(): { outside: readonly Gate[]; inside: readonly Gate[] } {
  const attempts = new AttemptTime();
  const [own, inherited] = POLICIES;
  const timeouts = [new DormantTimeout(own), new DormantTimeout(inherited, AT_INHERITED)];
  return {
    outside: [new Deadline(attempts), ...timeouts],
    inside: [new AttemptDeadline(attempts)],
  };
}

function passed(call: Call, isInherited: boolean): TimeoutError {
  const { label, captureStack, pipeline, publicKey: key, layer } = call;
  const at = isInherited ? INHERITED : OWN;
  if (call.listening) call.emit({ type: 'timeout', timeoutMs: 0 }, layer + at);
  const whose = isInherited ? 'the deadline that it inherited from its caller' : 'its deadline';
  const message = `${label}: ${whose} had passed before it began`;
  const policy = POLICIES[at - 1];
  return new TimeoutError(message, { timeoutMs: 0, captureStack, pipeline, policy, key });
}

function tooNear({ label, captureStack }: Call, leftMs: number): RejectedError {
  const left = formatDuration(Math.max(0, leftMs));
  const message = `${label}: ${left} are left, and attempts take longer of late`;
  return new RejectedError(message, { captureStack, reason: DEADLINE });
}
