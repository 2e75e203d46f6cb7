/**
 * What a circuit breaker promises, in the simplest words and with no regard to cost. Written from the promises (B1 to B10)
 * and not from the code.
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
  readonly openFor: number;
  readonly maxOpenFor: number;
  readonly probes: number;
  readonly probeSuccessRate: number;
  readonly probeTimeout: number;
}

export type State = 'closed' | 'open' | 'half_open' | 'isolated';
export type End = 'success' | 'failure' | 'rejected' | 'cancelled';

interface Ended {
  readonly at: number;
  readonly failed: boolean;
  readonly slow: boolean;
}

export interface ModelCall {
  readonly startedAt: number;
  readonly generation: number;
  readonly probe: boolean;
}

export interface Totals {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

export type Admission = 'admit' | 'isolated' | 'probing' | { readonly retryAfter: number };

/** What the breaker did that a promise leaves open. */
export interface Observed {
  /** For how long it opened, if it has just done so. */
  openedFor(): number | undefined;
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
  consecutive = 0;
  ended: Ended[] = [];
  running = new Set<ModelCall>();
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
    if (this.state !== 'half_open') return;
    for (const probe of this.running) {
      if (now - probe.startedAt < this.options.probeTimeout) continue;
      this.running.delete(probe);
      this.failed++;
    }
    this.judgeProbes(now, 0);
  }

  start(now: number): { readonly admission: Admission; readonly call: ModelCall } {
    this.look(now);
    const { probes } = this.options;
    const probe = this.state === 'half_open';
    const call = { startedAt: now, generation: this.generation, probe };
    let admission: Admission = 'admit';
    if (this.state === 'open') admission = { retryAfter: this.openUntil - now };
    if (this.state === 'isolated') admission = 'isolated';
    if (probe) {
      if (this.running.size + this.succeeded + this.failed >= probes) admission = 'probing';
      else this.running.add(call);
    }
    return { admission, call };
  }

  end(now: number, call: ModelCall, how: End, asked: number): void {
    if (call.generation !== this.generation) return;
    // A probe that took too long has failed, whoever looks first.
    this.look(now);
    if (call.generation !== this.generation) return;
    const counts = how === 'success' || how === 'failure';
    const failed = how === 'failure';
    const { slowCallRate, slowCallDuration } = this.options;
    const slow = slowCallRate !== undefined && now - call.startedAt > slowCallDuration;
    if (call.probe) {
      if (!this.running.delete(call) || !counts) return;
      if (failed || slow) this.failed++;
      else this.succeeded++;
      this.judgeProbes(now, failed ? asked : 0);
    } else if (counts) {
      this.ended.push({ at: now, failed, slow });
      this.consecutive = failed ? this.consecutive + 1 : 0;
      this.judgeCalls(now, failed ? asked : 0);
    }
  }

  trip(now: number): void {
    this.look(now);
    if (this.state === 'closed' || this.state === 'half_open') this.open(now, 0);
  }

  isolate(holder: number): void {
    this.holders.add(holder);
    if (this.state !== 'isolated') this.enter('isolated');
  }

  release(holder: number): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.close();
  }

  reset(): void {
    this.holders.clear();
    this.close();
  }

  /** Another process goes on from a snapshot, in which the window was seen to hold this. */
  handOver(now: number, seen: Totals): void {
    const { state, openings, openUntil, consecutive } = this;
    this.enter(state);
    Object.assign(this, { openings, openUntil, consecutive });
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

  private trips({ calls, failures, slow }: Totals): boolean {
    const { minimumCalls, failureRate, slowCallRate, consecutiveFailures } = this.options;
    if (calls < minimumCalls) {
      return consecutiveFailures !== false && this.consecutive >= consecutiveFailures;
    }
    return (
      (failureRate !== false && failures / calls >= failureRate) ||
      (slowCallRate !== undefined && slow / calls >= slowCallRate)
    );
  }

  private judgeCalls(now: number, asked: number): void {
    const verdicts = new Set(this.windows(now).map((window) => this.trips(window)));
    const opens =
      verdicts.size === 1 ? verdicts.has(true) : this.observed.openedFor() !== undefined;
    if (opens) this.open(now, asked);
  }

  private judgeProbes(now: number, asked: number): void {
    const { probes, probeSuccessRate } = this.options;
    const enough = (n: number) => n / probes >= probeSuccessRate;
    if (enough(this.succeeded)) this.close();
    else if (!enough(probes - this.failed)) this.open(now, asked);
  }

  private open(now: number, asked: number): void {
    const { openFor, maxOpenFor } = this.options;
    const opening = this.openings + 1;
    const base = Math.min(maxOpenFor, openFor * 2 ** (opening - 1));
    const openedFor = this.observed.openedFor();
    if (openedFor === undefined) throw new Error(`should have opened, for about ${base} ms`);
    const least = Math.min(maxOpenFor, Math.max(base * 0.8, asked)) - 1e-6;
    const most = Math.min(maxOpenFor, Math.max(base * 1.2, asked)) + 1e-6;
    if (openedFor < least || openedFor > most) {
      throw new Error(`opened for ${openedFor} ms: should be ${least} to ${most}`);
    }
    this.enter('open');
    this.openings = opening;
    this.openUntil = now + openedFor;
  }

  private close(): void {
    this.enter('closed');
    this.openings = 0;
  }

  private enter(state: State): void {
    this.state = state;
    this.generation++;
    this.ended = [];
    this.consecutive = 0;
    this.running.clear();
    this.succeeded = 0;
    this.failed = 0;
  }
}
