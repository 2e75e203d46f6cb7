import type { BreakerState, EventBody } from '../../pipeline/contract/events.js';
import type { Audience, Call } from '../../pipeline/contract/policy.js';
import { Announcer } from './announcer.js';
import type { TransitionReason } from './circuit.js';
import { StateTimes } from './state-times.js';

/** How often a breaker, or all its copies together, changed to each state. */
export type Transitions = Record<BreakerState, number>;

/** The counts of a breaker, or of all its copies together. */
export class BreakerAccount {
  readonly transitions: Transitions = { closed: 0, open: 0, half_open: 0, isolated: 0 };
  readonly times = new StateTimes();
}

/** Counts the changes of state. Tells the call that causes one, and every subscriber. */
export class Reporter {
  readonly account: BreakerAccount;
  readonly #enforced: boolean;
  readonly #announcer = new Announcer();
  #call: Call | undefined;
  /** The number of a call that is over and still causes a change. */
  lateCall: number | undefined;

  constructor(enforced: boolean, account = new BreakerAccount()) {
    this.#enforced = enforced;
    this.account = account;
  }

  /** While `act` runs, this call causes the changes. User code in between may make other calls. */
  during<T>(call: Call, act: () => T): T {
    const outer = this.#call;
    this.#call = call;
    try {
      return act();
    } finally {
      this.#call = outer;
    }
  }

  /** Who is told. */
  get audience(): Audience {
    return this.#announcer;
  }

  /** Returns the unsubscriber. */
  subscribe(emit: (event: EventBody, callId?: number) => void): () => void {
    return this.#announcer.subscribe(emit);
  }

  /** `failure` is what opened it. */
  report(
    from: BreakerState,
    to: BreakerState,
    reason: TransitionReason,
    openForMs: number | undefined,
    failure: unknown,
  ): void {
    this.account.transitions[to]++;
    const call = this.#call;
    const announcer = this.#announcer;
    if (call === undefined && !announcer.active) return;
    const cause = to === 'open' ? failure : undefined;
    const told = { from, to, reason, openForMs, cause, enforced: this.#enforced };
    const event: EventBody = { type: 'transition', ...told };
    call?.note(event);
    if (!announcer.active) return;
    if (call === undefined) announcer.announce(event, this.lateCall);
    else call.within(() => announcer.announce(event, call.callId));
  }
}
