import type { EventBody } from '../../pipeline/contract/events.js';
import type { Call } from '../../pipeline/contract/policy.js';
import type { Random } from '../chance.js';
import { randomOf } from '../chance.js';
import { OneClock } from '../one-clock.js';
import { Host } from './host.js';
import type { ResolvedEjection } from './options.js';
import type { Counts, EjectionReason } from './outliers.js';
import { isRunOutlier, mostEjected, rateOutliers } from './outliers.js';
import { stayOf, timesAfter } from './stay.js';

/** How often hosts were found to stand out: those that were ejected, and those that were not. */
export type EjectionCounts = Record<EjectionReason, { enforced: number; waived: number }>;

/** A run of failures has to last this long. A shorter one may be a blip, such as a connection that many calls have shared. */
const LEAST_RUN_MS = 200;

/** The hosts that are compared with each other: the copies of one keyed pipeline. */
export class Group {
  /** All its hosts must have the same clock. */
  readonly time = new OneClock('ejection', 'ejection');
  readonly counts: EjectionCounts = {
    failure_rate: { enforced: 0, waived: 0 },
    consecutive_failures: { enforced: 0, waived: 0 },
  };
  readonly #options: ResolvedEjection;
  readonly #random: Random;
  readonly #hosts = new Set<Host>();
  #checkAt = -Infinity;
  /** What all calls to all hosts have come to. */
  readonly #ended = { calls: 0, failures: 0 };

  constructor(options: ResolvedEjection) {
    this.#options = options;
    this.#random = randomOf(options.random, 'ejection');
  }

  host(): Host {
    return new Host(this.#options.window);
  }

  join(host: Host): void {
    this.#hosts.add(host);
  }

  leave(host: Host): void {
    this.#hosts.delete(host);
  }

  /** A call to a host has ended. `call` is the one that is told about. */
  succeed(host: Host, nowMs: number, call: Call): void {
    this.#ended.calls++;
    host.succeed(nowMs);
    if (nowMs >= this.#checkAt) this.check(nowMs, call);
  }

  fail(host: Host, nowMs: number, inRun: boolean, call: Call): void {
    const { consecutiveFailures } = this.#options;
    if (inRun && host.run === 0) host.beginRun(nowMs, this.#ended);
    this.#ended.calls++;
    this.#ended.failures++;
    host.fail(nowMs, inRun);
    if (
      consecutiveFailures !== false &&
      host.run >= consecutiveFailures &&
      nowMs - host.runSince >= LEAST_RUN_MS &&
      isRunOutlier(host.run, consecutiveFailures, this.#othersSince(host))
    ) {
      this.#detect(host, 'consecutive_failures', nowMs, call);
    }
    if (nowMs >= this.#checkAt) this.check(nowMs, call);
  }

  /** Compares the rates, and lets hosts return whose time is over. Called by calls, ten times in a window. */
  check(nowMs: number, call: Call): void {
    const { deviations, minimumHosts, minimumCalls, window } = this.#options;
    this.#checkAt = nowMs + window / 10;
    for (const host of this.#hosts) this.back(host, nowMs, call);
    if (deviations === false) return;
    const hosts = this.#staying(nowMs);
    const rule = { deviations, minimumHosts, minimumCalls };
    for (const i of rateOutliers(hosts, rule)) {
      this.#detect(hosts[i] as Host, 'failure_rate', nowMs, call);
    }
  }

  /** Lets a host return if its time is over. */
  back(host: Host, nowMs: number, call: Call): void {
    if (host.until === 0 || host.isEjected(nowMs)) return;
    const ejectedForMs = host.until - host.since;
    // It has been back since then, whether or not anybody has called.
    host.since = host.until;
    host.until = 0;
    host.renew();
    tell(host, { type: 'return', ejectedForMs }, call);
  }

  #detect(host: Host, reason: EjectionReason, nowMs: number, call: Call): void {
    const { dryRun, maxShare, window } = this.#options;
    const ejected = [...this.#hosts].filter((each) => each.isEjected(nowMs)).length;
    const mayEject = ejected < mostEjected(this.#hosts.size, maxShare);
    const enforced = mayEject && !dryRun;
    let forMs: number | undefined;
    if (mayEject) {
      host.times = timesAfter(host.times, nowMs - host.since, window) + 1;
      forMs = stayOf(this.#options, host.times, this.#random());
      host.since = nowMs;
      host.until = nowMs + forMs;
    }
    // What has led to this leads to it once.
    host.renew();
    this.counts[reason][enforced ? 'enforced' : 'waived']++;
    const event: EventBody = { type: 'ejection', reason, enforced, forMs };
    tell(host, event, call);
  }

  /** What the calls to all other hosts have come to since the run of this one began: windows would tell of better times. */
  #othersSince({ before, sinceRun }: Host): Counts {
    const { calls, failures } = this.#ended;
    return {
      calls: calls - before.calls - sinceRun,
      failures: failures - before.failures - sinceRun,
    };
  }

  #staying(nowMs: number): Host[] {
    const staying = [...this.#hosts].filter(({ until }) => until === 0);
    for (const each of staying) each.advance(nowMs);
    return staying;
  }
}

function tell(host: Host, event: EventBody, call: Call): void {
  if (host.announcer.active) call.within(() => host.tell(event, call.callId));
}
