/** Decides which hosts stand out. It knows neither time nor calls: counts in, verdict out. */

/** Why a host is ejected. */
export type EjectionReason = 'failure_rate' | 'consecutive_failures';

/** Calls that ended, and how many of them failed. */
export interface Counts {
  readonly calls: number;
  readonly failures: number;
}

/** What makes a host stand out by its failure rate. */
export interface RateRule {
  /** By how many standard deviations its success rate has to be below the mean of all. */
  readonly deviations: number;
  /** How many hosts need enough calls. */
  readonly minimumHosts: number;
  /** How many calls are enough. */
  readonly minimumCalls: number;
}

/**
 * Among equal hosts, one is always the worst, and often by more than 1.9 deviations. So a host must also be worse than chance explains: the
 * probability that an equal host looks as bad is below e^-14, one in a million.
 */
const EVIDENCE = 14;

/** A host that is worse by less costs callers less than its absence. */
const LEAST_GAP = 0.05;

/** The failure rate of these calls. Few calls prove little, so it is never 0 or 1. */
function rateOf({ calls, failures }: Counts): number {
  return (failures + 1) / (calls + 2);
}

/**
 * How little chance explains that so many calls fail where only a share of `usual` is expected: a bound of -ln(probability). 0 if no more fail
 * than expected.
 */
export function evidence({ calls, failures }: Counts, usual: number): number {
  const share = failures / calls;
  if (!(share > usual)) return 0;
  const good = share < 1 ? (1 - share) * Math.log((1 - share) / (1 - usual)) : 0;
  return calls * (share * Math.log(share / usual) + good);
}

/** Whether a run of failures is more than chance, given how the calls of the other hosts go. If they fail as well, no host is to blame. */
export function isRunOutlier(run: number, consecutiveFailures: number, others: Counts): boolean {
  if (run < consecutiveFailures || others.calls === 0) return false;
  return -run * Math.log(rateOf(others)) >= EVIDENCE;
}

/** The hosts whose failure rate stands out, the worst first, as their places in the list. */
export function rateOutliers(hosts: readonly Counts[], rule: RateRule): number[] {
  const enough = hosts.flatMap((host, i) => (host.calls >= rule.minimumCalls ? [i] : []));
  if (enough.length < rule.minimumHosts) return [];
  const of = (i: number): Counts => hosts[i] as Counts;
  const failing = (i: number): number => of(i).failures / of(i).calls;
  const sum = (each: (i: number) => number): number =>
    enough.reduce((total, i) => total + each(i), 0);
  const calls = sum((i) => of(i).calls);
  const failures = sum((i) => of(i).failures);
  const mean = sum(failing) / enough.length;
  const deviation = Math.sqrt(sum((i) => (failing(i) - mean) ** 2) / enough.length);
  const least = mean + Math.max(LEAST_GAP, rule.deviations * deviation);
  return enough
    .filter((i) => {
      const host = of(i);
      const others = { calls: calls - host.calls, failures: failures - host.failures };
      return failing(i) > least && evidence(host, rateOf(others)) >= EVIDENCE;
    })
    .sort((a, b) => failing(b) - failing(a));
}

/** How many of these hosts may be ejected at once: at least one, and never the last. */
export function mostEjected(hosts: number, maxShare: number): number {
  return Math.min(Math.max(1, Math.floor(hosts * maxShare)), hosts - 1);
}
