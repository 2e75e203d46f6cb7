/**
 * What a circuit breaker promises, in the simplest words and with no regard to cost. Written from the promises (B1 to B10, B12,
 * B13) and not from the code.
 *
 * Two things a promise leaves open are observed instead: how long it opens within the spread, and which of the calls in
 * the one bucket at a time window's far end it still counts.
 */

export interface ModelOptions {
  readonly window: number | { readonly calls: number };
  readonly minimumCalls: number;
  readonly failureRate: number | false;
  readonly slowCallRate: number | undefined;
  readonly slowCallDuration: number;
  readonly consecutiveFailures: number | false;
  readonly failingFor: number;
  readonly openFor: number;
  readonly maxOpenFor: number;
  readonly probes: number;
  readonly probeSuccessRate: number;
  readonly probeTimeout: number;
  readonly rampFor: number;
}

export type State = 'closed' | 'open' | 'half_open' | 'isolated';
export type End = 'success' | 'failure' | 'rejected' | 'cancelled';

interface Ended {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
  /** What it failed with, where that is known. */
  readonly message?: string | undefined;
}

export interface ModelCall {
  readonly startedAt: number;
  readonly generation: number;
  readonly probe: boolean;
  /** How many calls and steps of runs there were before. */
  readonly order: number;
  /** The call that it is a retry of has failed before. */
  readonly retry: boolean;
}

export interface Totals {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export type Admission =
  | 'admit'
  | 'isolated'
  | 'probing'
  | { readonly is: 'open' | 'ramping'; readonly retryAfter: number };

/** Letting calls in again step by step. */
export interface ModelRamp {
  since: number;
  calls: number;
  failures: number;
  credit: number;
  free: number;
  freeAt: number;
}

/** What the breaker did that a promise leaves open. */
export interface Observed {
  /** For how long it opened, if it has just done so. */
  openedFor(): number | undefined;
  /** By which rule. */
  openedBy(): string | undefined;
}

function totals(calls: readonly Ended[]): Totals {
  return {
    calls: calls.length,
    failures: calls.filter((call) => call.failed).length,
    slow: calls.filter((call) => call.slow).length,
  };
}

export class Model {
  state: State = 'closed';
  generation = 0;
  openings = 0;
  openUntil = 0;
  /** The steps of the run of failures, when it began, and where in the order of things its last step was. */
  consecutive = 0;
  runSince = 0;
  lastStep = 0;
  order = 0;
  ramp: ModelRamp | undefined;
  /** The message of the failure that opened it. */
  cause: string | undefined;
  ended: Ended[] = [];
  running = new Set<ModelCall>();
  /** The probes that were let in, but for those that say nothing. */
  places = new Set<ModelCall>();
  succeeded = 0;
  failed = 0;
  holders = new Set<number>();
  readonly options: ModelOptions;
  readonly observed: Observed;

  constructor(options: ModelOptions, observed: Observed) {
    this.options = options;
    this.observed = observed;
  }

  /** Time has come to `now`, and somebody looks. */
  look(now: number): void {
    if (this.state === 'open' && now >= this.openUntil) this.enter('half_open');
    if (this.ramp !== undefined && now >= this.ramp.since + this.options.rampFor) {
      this.ramp = undefined;
      this.openings = 0;
    }
    if (this.state !== 'half_open') return;
    for (const probe of this.running) {
      if (now - probe.startedAt < this.options.probeTimeout) continue;
      this.running.delete(probe);
      this.failed++;
    }
    this.judgeProbes(now, 0, undefined);
  }

  start(now: number, retry = false): { readonly admission: Admission; readonly call: ModelCall } {
    this.look(now);
    const { probes, maxOpenFor, rampFor } = this.options;
    const probe = this.state === 'half_open';
    const order = ++this.order;
    const call = { startedAt: now, generation: this.generation, probe, order, retry };
    let admission: Admission = 'admit';
    if (this.state === 'open') admission = { is: 'open', retryAfter: this.openUntil - now };
    if (this.state === 'isolated') admission = 'isolated';
    if (this.ramp !== undefined && !this.rampAdmits(this.ramp, now)) {
      admission = { is: 'ramping', retryAfter: this.ramp.since + rampFor - now };
    }
    if (probe) {
      const taken = [...this.places].filter((each) => now - each.startedAt < maxOpenFor).length;
      if (taken >= probes) admission = 'probing';
      else {
        this.running.add(call);
        this.places.add(call);
      }
    }
    return { admission, call };
  }

  end(now: number, call: ModelCall, how: End, asked: number, message: string): void {
    if (call.generation !== this.generation) return;
    // A probe that took too long has failed, whoever looks first.
    this.look(now);
    if (call.generation !== this.generation) return;
    const counts = how === 'success' || how === 'failure';
    const failed = how === 'failure';
    const cause = failed ? message : undefined;
    const { slowCallRate, slowCallDuration } = this.options;
    const slow = slowCallRate !== undefined && now - call.startedAt > slowCallDuration;
    if (call.probe) {
      if (!this.running.delete(call)) return;
      if (!counts) {
        this.places.delete(call);
        return;
      }
      if (failed || slow) this.failed++;
      else this.succeeded++;
      this.judgeProbes(now, failed ? asked : 0, cause);
    } else if (counts) {
      this.ended.push({ at: now, failed, slow, message: cause });
      if (failed) this.goOn(now, call);
      else this.consecutive = 0;
      if (this.judgeCalls(now, failed ? asked : 0, cause) || this.ramp === undefined) return;
      this.ramp.calls++;
      if (failed || slow) this.ramp.failures++;
      const { calls, failures } = this.ramp;
      if (failures >= 3 && failures / calls >= 0.5) this.open(now, failed ? asked : 0, cause);
    }
  }

  /** A run of failures begins, or goes on: with a call that was not in flight when its last step was made, nor retried. */
  private goOn(now: number, call: ModelCall): void {
    const first = this.consecutive === 0;
    if (first) this.runSince = now;
    if (!first && (call.retry || call.order < this.lastStep)) return;
    this.consecutive++;
    this.lastStep = ++this.order;
  }

  private rampAdmits(ramp: ModelRamp, now: number): boolean {
    ramp.free = Math.min(5, ramp.free + ((now - ramp.freeAt) * 5) / 1_000);
    ramp.freeAt = now;
    if (ramp.free >= 1) {
      ramp.free--;
      return true;
    }
    const left = 1 - (now - ramp.since) / this.options.rampFor;
    ramp.credit += 1 - 0.75 * left * left;
    if (ramp.credit < 1) return false;
    ramp.credit--;
    return true;
  }

  trip(now: number): void {
    this.look(now);
    if (this.state === 'closed' || this.state === 'half_open') {
      this.cause = undefined;
      this.open(now, 0, undefined);
    }
  }

  isolate(holder: number): void {
    this.holders.add(holder);
    if (this.state === 'isolated') return;
    this.cause = undefined;
    this.enter('isolated');
  }

  release(holder: number): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.reset();
  }

  reset(): void {
    this.holders.clear();
    this.close();
    this.openings = 0;
  }

  /** Another process goes on from a snapshot, in which the window was seen to hold this. */
  handOver(now: number, seen: Totals): void {
    const { state, openings, openUntil, consecutive, runSince, ramp } = this;
    this.enter(state);
    Object.assign(this, { openings, openUntil, consecutive, runSince });
    this.lastStep = ++this.order;
    if (ramp !== undefined) this.ramp = { ...ramp, credit: 0, free: 5, freeAt: ramp.since };
    this.holders.clear();
    this.ended = Array.from({ length: seen.calls }, (_, i) => ({
      at: now,
      failed: i < seen.failures,
      slow: i < seen.slow,
    }));
  }

  /** What the window may hold now: one possibility for a count window, some for a time window. */
  windows(now: number): Totals[] {
    const { window } = this.options;
    if (typeof window !== 'number') return [totals(this.ended.slice(-window.calls))];
    const mayBeGone = this.ended.filter((call) => now - call.at >= window * 0.9).length;
    const mustBeGone = this.ended.filter((call) => now - call.at >= window).length;
    return Array.from({ length: mayBeGone - mustBeGone + 1 }, (_, i) =>
      totals(this.ended.slice(mustBeGone + i)),
    );
  }

  /**
   * How long the window has held failures, up to the last one: the least and the most. It is exact for a count window; a time
   * window may have been empty of failures in between, or not.
   */
  private failuresLasted(): number[] {
    const { window } = this.options;
    const failures = this.ended.filter((call) => call.failed).map((call) => call.at);
    const last = failures.at(-1) ?? 0;
    if (typeof window === 'number') {
      const oldest = (length: number) => {
        let since = last;
        for (const at of [...failures].reverse()) if (since - at < length) since = at;
        return last - since;
      };
      return [oldest(window * 0.9), oldest(window)];
    }
    let since = 0;
    this.ended.forEach(({ at, failed }, i) => {
      const before = this.ended.slice(Math.max(0, i + 1 - window.calls), i);
      if (failed && !before.some((call) => call.failed)) since = at;
    });
    return [last - since];
  }

  private trips({ calls, failures, slow }: Totals, lasted: number, now: number): boolean {
    const { minimumCalls, failureRate, slowCallRate, consecutiveFailures, failingFor } =
      this.options;
    if (calls < minimumCalls) {
      const failed = this.ended.at(-1)?.failed === true;
      const inRow = consecutiveFailures !== false && this.consecutive >= consecutiveFailures;
      return failed && inRow && now - this.runSince >= failingFor;
    }
    return (
      (failureRate !== false && failures / calls >= failureRate && lasted >= failingFor) ||
      (slowCallRate !== undefined && slow / calls >= slowCallRate)
    );
  }

  private judgeCalls(now: number, asked: number, cause: string | undefined): boolean {
    const verdicts = new Set(
      this.windows(now).flatMap((window) =>
        this.failuresLasted().map((lasted) => this.trips(window, lasted, now)),
      ),
    );
    const opens =
      verdicts.size === 1 ? verdicts.has(true) : this.observed.openedFor() !== undefined;
    if (opens) {
      // Where a success tips it, failures are what the window holds too many of.
      const byRate = this.observed.openedBy() === 'failure_rate';
      const latest = this.ended.filter((call) => call.failed).at(-1)?.message;
      this.cause = undefined;
      this.open(now, asked, cause ?? (byRate ? latest : undefined));
    }
    return opens;
  }

  private judgeProbes(now: number, asked: number, cause: string | undefined): void {
    const { probes, probeSuccessRate, rampFor } = this.options;
    const enough = (n: number) => n / probes >= probeSuccessRate;
    if (enough(this.succeeded)) {
      this.close();
      if (rampFor === 0) this.openings = 0;
      else {
        this.ramp = { since: now, calls: 0, failures: 0, credit: 0, free: 5, freeAt: now };
      }
    } else if (!enough(probes - this.failed)) this.open(now, asked, cause);
  }

  /** Without a cause, what was known of the outage still stands. */
  private open(now: number, asked: number, cause: string | undefined): void {
    const { openFor, maxOpenFor } = this.options;
    const opening = this.openings + 1;
    const base = Math.min(maxOpenFor, openFor * 2 ** (opening - 1));
    const openedFor = this.observed.openedFor();
    if (openedFor === undefined) throw new Error(`should have opened, for about ${base} ms`);
    const granted = Math.min(asked, Math.max(60_000, maxOpenFor));
    const least = Math.max(base * 0.8, granted) - 1e-6;
    const most = Math.max(Math.min(maxOpenFor, base * 1.2), granted) + 1e-6;
    if (openedFor < least || openedFor > most) {
      throw new Error(`opened for ${openedFor} ms: should be ${least} to ${most}`);
    }
    this.enter('open');
    this.openings = opening;
    this.openUntil = now + openedFor;
    this.cause = cause ?? this.cause;
  }

  private close(): void {
    this.cause = undefined;
    this.enter('closed');
  }

  private enter(state: State): void {
    this.state = state;
    this.generation++;
    this.ended = [];
    this.consecutive = 0;
    this.ramp = undefined;
    this.running.clear();
    this.places.clear();
    this.succeeded = 0;
    this.failed = 0;
  }
}
