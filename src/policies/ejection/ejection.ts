import { mark } from '../../copies.js';
import type { EventBody } from '../../pipeline/contract/events.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Admission, Audience, Call, Gate } from '../../pipeline/contract/policy.js';
import type { Outcome } from '../../pipeline/outcome/outcome.js';
import type { TimeSource } from '../../time/time-source.js';
import type { PolicyRules } from '../client-rules.js';
import { isUpstreamFailure } from '../filter.js';
import type { Named } from '../named.js';
import { isQuiet } from '../quiet.js';
import type { SignsIn } from '../sign.js';
import { signsOf } from '../sign.js';
import { Group } from './group.js';
import type { Host } from './host.js';
import type { EjectionOptions, ResolvedEjection } from './options.js';
import { resolveEjection } from './options.js';

/**
 * Finds the bad hosts among many, for callers that balance over them. It goes into the template of a keyed pipeline or of a fetch, inside the
 * retry, and compares the keys with each other. A host whose failure rate stands out, or that fails a run of calls while the others do not, is
 * ejected: `pick` of the keyed pipeline leaves it out for a time that grows with each ejection. It refuses no calls.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const byHost = keyed(pipeline('inventory', circuitBreaker(), timeout('1s'), ejection()));
 * const host = byHost.pick(hosts);
 * const stock = await byHost.execute(host, ({ signal }) => fetch(`http://${host}/stock/42`, { signal }));
 */
export function ejection<const Name extends string = 'ejection'>(
  options?: EjectionOptions & Named<Name>,
): EjectionPolicy<NoInfer<Name>> {
  return new EjectionPolicy<Name>(resolveEjection(options));
}

/** What is known of one host. */
export interface EjectionSnapshot {
  /** Calls that ended within the window. Those of the time before and during an ejection do not count. */
  readonly calls: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How many calls in a row have failed. */
  readonly consecutiveFailures: number;
  /** Whether it is ejected now. In a dry run: whether it would be. */
  readonly ejected: boolean;
  /** Milliseconds until it returns; 0 if it is not ejected. */
  readonly returnsIn: number;
  /** How often it has been ejected recently. */
  readonly times: number;
}

/** Made by {@link ejection}. */
export class EjectionPolicy<Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(EjectionPolicy, 'ejection');

  readonly role = 'gate';
  readonly type = 'ejection';
  readonly name: Name | undefined;
  readonly quiet: boolean;
  readonly #options: ResolvedEjection;
  readonly #signs: SignsIn;
  /** Whether results have to be looked at. */
  #inspects: boolean;
  readonly #group: Group;
  readonly #host: Host;
  #joined = false;

  /** @internal Use {@link ejection}. */
  constructor(options: ResolvedEjection, group = new Group(options)) {
    this.#options = options;
    this.name = options.name as Name | undefined;
    this.quiet = isQuiet(options);
    this.#signs = signsOf(options.handle, isUpstreamFailure);
    this.#inspects = options.handle !== undefined;
    this.#group = group;
    this.#host = group.host();
  }

  bind(time: TimeSource, hasRule?: boolean): void {
    this.#group.time.bind(time);
    if (hasRule === true) this.#inspects = true;
  }

  /** @internal */
  get audience(): Audience {
    return this.#host.announcer;
  }

  enter(call: Call): Admission {
    if (!this.#joined) {
      this.#joined = true;
      this.#group.join(this.#host);
    }
    if (this.#host.until !== 0) this.#group.back(this.#host, call.time.recent(), call);
    call.state = this.#host.generation;
    return undefined;
  }

  exit(call: Call, outcome: Outcome): void {
    const plain = outcome.kind === 'success' && !this.#inspects;
    const sign = plain ? 'success' : this.#signs(outcome, call);
    const host = this.#host;
    if (sign === 'nothing' || call.state !== host.generation || host.until !== 0) return;
    const now = call.time.recent();
    if (sign === 'success') this.#group.succeed(host, now, call);
    else this.#group.fail(host, now, sign === 'failure', call);
  }

  /** @internal The body of an answer failed, which had counted as a success. */
  failedLate(outcome: Outcome, succeededAt: number): void {
    const host = this.#host;
    // An answer of the time before or during an ejection says nothing about the time after it.
    if (host.until !== 0 || succeededAt < host.since) return;
    if (this.#signs(outcome, undefined) !== 'failure') return;
    host.failLate(this.#group.time.source.recent());
  }

  /** What is known of this host now, as plain JSON. */
  snapshot(): EjectionSnapshot {
    const { calls, failures, run, until, times } = this.#host;
    const now = this.#group.time.source.now();
    const ejected = this.#host.isEjected(now);
    const returnsIn = ejected ? until - now : 0;
    return { calls, failures, consecutiveFailures: run, ejected, returnsIn, times };
  }

  measure(nowMs: number): PolicyMeasures {
    const ejected = !this.#options.dryRun && this.#host.isEjected(nowMs);
    return { ejected, ejections: this.#group.counts };
  }

  /** @internal */
  subscribe(emit: (event: EventBody, callId?: number) => void): () => void {
    return this.#host.announcer.subscribe(emit);
  }

  /** Forgets all calls of this host, and lets it return. */
  startOver(): void {
    this.#host.startOver();
  }

  /** One more host of the same group. */
  fork(): EjectionPolicy<Name> {
    return new EjectionPolicy(this.#options, this.#group);
  }

  /** @internal One more host of the same group, with another `handle`. */
  withRules({ counting }: PolicyRules): EjectionPolicy {
    const options = { ...this.#options, handle: counting(this.#options.handle) };
    return new EjectionPolicy(options, this.#group);
  }

  /** An ejection must not be forgotten. */
  busy(): boolean {
    return this.#host.isEjected(this.#group.time.source.now());
  }

  /** The host is called no more. */
  retire(): void {
    // A call that comes all the same must not bring it back.
    this.#joined = true;
    this.#group.leave(this.#host);
  }
}
