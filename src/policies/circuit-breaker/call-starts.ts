import { CircuitIsolatedError, CircuitOpenError } from '../../errors.js';
import type { Admission, Call } from '../../pipeline/contract/policy.js';
import { Admitted, stampOf, UNCOUNTED } from './admitted.js';
import type { Circuit } from './circuit.js';
import type { Judge } from './judge.js';
import type { ResolvedCircuitBreaker } from './options.js';
import { RefusalMaker, waitOf } from './refusal.js';

/** Lets calls in, as probes or otherwise, or refuses them. */
export class CallStarts {
  readonly refusals = new RefusalMaker();
  readonly #circuit: Circuit;
  readonly #judge: Judge;
  readonly #isTimed: boolean;
  readonly #dryRun: boolean;

  constructor(options: ResolvedCircuitBreaker, circuit: Circuit, judge: Judge) {
    this.#circuit = circuit;
    this.#judge = judge;
    this.#isTimed = options.slowCallDuration !== undefined;
    this.#dryRun = options.dryRun;
  }

  /** Lets a call in that counts at this stamp. */
  letIn(call: Call, stamp: number): undefined {
    call.state = this.#isTimed ? new Admitted(call.time.read(), stamp, undefined) : stamp;
  }

  /** A call comes while the circuit is not calm. */
  enterNotCalm(call: Call): Admission {
    const circuit = this.#circuit;
    if (circuit.closed) return this.#enterClosed(call);
    const now = call.time.now();
    circuit.advance(now);
    if (circuit.closed) return this.#enterClosed(call);
    const probe = circuit.tryProbe(now);
    if (probe !== undefined || circuit.ramp?.admit(now) === true) {
      call.state = new Admitted(now, stampOf(call.attempts, circuit), probe);
      return undefined;
    }
    if (!this.#dryRun) return this.refusals.of(circuit, call, now);
    call.state = UNCOUNTED;
    const { reason } = circuit.state === 'isolated' ? CircuitIsolatedError : CircuitOpenError;
    call.wouldReject(reason, waitOf(circuit, now));
    return undefined;
  }

  #enterClosed(call: Call): undefined {
    this.letsAllIn();
    this.letIn(call, stampOf(call.attempts, this.#circuit));
  }

  /** Whether it is closed and lets every call in, even in a run of failures. */
  letsAllIn(): boolean {
    const circuit = this.#circuit;
    if (!circuit.closed) return false;
    circuit.calm = this.#judge.health.consecutiveFailures === 0;
    return true;
  }
}
