// @ts-check
/**
 * The questions that the dashboard and the alerts ask, made from the table of names.
 *
 * @module
 */

import { label, series } from './prometheus.js';

/** @typedef {typeof import('../build/telemetry/names.js')} Names */

/**
 * @param {Names} names
 * @param {string} window how far back rates look
 * @param {string} [only] matchers for all series
 */
export function queriesOf({ metric, attribute }, window, only = '') {
  const pipeline = label(attribute.pipeline);
  const policy = label(attribute.policy);
  const outcome = label(attribute.outcome);
  const state = label(attribute.state);
  const kind = label(attribute.attemptKind);
  const reason = label(attribute.reason);
  const enforced = label(attribute.enforced);
  const priority = label(attribute.priority);
  const errorType = label(attribute.errorType);
  const injection = label(attribute.injection);
  const job = 'job';

  /** @param {...string} matchers */
  const having = (...matchers) => [...(only === '' ? [] : [only]), ...matchers].join(',');
  /** @param {string} selector */
  const rate = (selector) => `rate(${selector}[${window}])`;
  const by = `by (${job}, ${pipeline})`;
  const byPolicy = `by (${job}, ${pipeline}, ${policy})`;
  /**
   * By how much counters grew. Prometheus takes what a series is born with for its start and not for growth, so a series that is
   * new counts with all it has: the first failure of a kind may come with a thousand others in one scrape.
   *
   * @param {string} selector
   */
  const growth = (selector) =>
    `(${selector} unless ${selector} offset ${window}) or increase(${selector}[${window}])`;
  /** @param {string} selector */
  const perPipeline = (selector) => `sum ${by} (${growth(selector)})`;
  /** @param {string} selector */
  const perPolicy = (selector) => `sum ${byPolicy} (${growth(selector)})`;

  /** A call whose answer's body failed was counted before. */
  const answered = series(metric.calls, having(`${outcome}!="body_failure"`));
  const traffic = perPipeline(answered);
  const failed = perPipeline(
    series(metric.calls, having(`${outcome}=~"failure|timeout|rejected|body_failure"`)),
  );
  const degraded = perPipeline(series(metric.calls, having(`${outcome}="fallback"`)));
  /** @param {string} of */
  const attempts = (of) => perPipeline(series(metric.attempts, having(`${kind}="${of}"`)));
  const refusedByThrottle = perPolicy(
    series(metric.rejections, having(`${reason}="throttled"`, `${enforced}="true"`)),
  );
  const reached = perPolicy(series(metric.limitReached, having()));
  const permits = `sum ${byPolicy} (${series(metric.rateLimiterAvailable, having())})`;
  const atFloor = `sum ${byPolicy} (${series(metric.adaptiveLimiterAtFloor, having())})`;
  const buckets = series(metric.callDuration, having(), '_bucket');
  /** @param {number} share */
  const latency = (share) =>
    `histogram_quantile(${share}, sum by (le, ${job}, ${pipeline}) (${growth(buckets)}))`;
  const inFlight = `sum ${byPolicy} (${series(metric.bulkheadInFlight, having())})`;
  const limit = `sum ${byPolicy} (${series(metric.bulkheadLimit, having())})`;

  return {
    latency,
    traffic: `sum ${by} (${rate(answered)})`,
    /** Shares are of what there was: without calls there is no share. */
    errors: `${failed} / (${traffic} > 0)`,
    degraded: `${degraded} / (${traffic} > 0)`,
    saturation: `${inFlight} / (${limit} > 0)`,
    notClosed: `sum ${byPolicy} (${series(metric.breakerState, having(`${state}!="closed"`))})`,
    states: `sum by (${state}, ${job}, ${pipeline}, ${policy}) (${series(metric.breakerState, having())})`,
    transitions: `sum by (${state}, ${job}, ${pipeline}, ${policy}) (${rate(series(metric.breakerTransitions, having()))})`,
    failureRate: `max ${byPolicy} (${series(metric.breakerFailureRate, having())})`,
    slowCallRate: `max ${byPolicy} (${series(metric.breakerSlowCallRate, having())})`,
    retries: `${attempts('retry')} / (${attempts('first')} > 0)`,
    hedges: `${attempts('hedge')} / (${attempts('first')} > 0)`,
    /**
     * `query`, of pipelines that are called. A breaker whose open time is over stays half-open until a call comes, and the gauges
     * of a pipeline that is gone end with a 0, which the SDK repeats.
     *
     * @param {string} query
     */
    whereCalled: (query) => `(${query}) and on (${job}, ${pipeline}) (${traffic} > 0)`,
    ejected: `sum ${byPolicy} (${series(metric.ejectedHosts, having())})`,
    ejections: `sum by (${job}, ${pipeline}, ${policy}, ${reason}, ${enforced}) (${rate(series(metric.ejections, having()))})`,
    throttle: `max ${byPolicy} (${series(metric.throttleProbability, having())})`,
    budget: `min ${byPolicy} (${series(metric.retryBudgetBalance, having())})`,
    permits,
    /** Share of the calls that a throttle refuses, or that a rate limiter refuses or makes wait. */
    throttled: `(${refusedByThrottle} or (${reached} and ${permits})) / on (${job}, ${pipeline}) group_left () (${traffic} > 0)`,
    /** Adaptive limiters that are as low as they get, where that holds calls up. */
    atFloor: `(${atFloor} > 0) and (${reached} > 0)`,
    adaptiveAtFloor: atFloor,
    limitReached: `sum ${byPolicy} (${rate(series(metric.limitReached, having()))})`,
    queueWait: `histogram_quantile(0.9, sum by (le, ${job}, ${pipeline}, ${policy}) (${growth(series(metric.queueWait, having(), '_bucket'))}))`,
    /** Breakers in each state, on the average: of one, the share of its time. */
    stateTime: `sum by (${state}, ${job}, ${pipeline}, ${policy}) (${rate(series(metric.breakerTime, having()))})`,
    queued: `sum ${byPolicy} (${series(metric.bulkheadQueued, having())})`,
    adaptiveLimit: `sum ${byPolicy} (${series(metric.adaptiveLimiterLimit, having())})`,
    adaptiveInFlight: `sum ${byPolicy} (${series(metric.adaptiveLimiterInFlight, having())})`,
    adaptiveQueued: `sum ${byPolicy} (${series(metric.adaptiveLimiterQueued, having())})`,
    outcomes: `sum by (${outcome}, ${job}, ${pipeline}) (${rate(series(metric.calls, having()))})`,
    errorTypes: `sum by (${errorType}, ${job}, ${pipeline}) (${rate(series(metric.calls, having(`${errorType}!=""`)))})`,
    rejections: `sum by (${policy}, ${reason}, ${enforced}, ${priority}, ${job}, ${pipeline}) (${rate(series(metric.rejections, having()))})`,
    retryDelay: `histogram_quantile(0.9, sum by (le, ${job}, ${pipeline}) (${rate(series(metric.retryDelay, having(), '_bucket'))}))`,
    injections: `sum by (${injection}, ${job}, ${pipeline}, ${policy}) (${rate(series(metric.chaosInjections, having()))})`,
    chaos: `max ${byPolicy} (${series(metric.chaosActive, having())})`,
    labels: { pipeline, policy, outcome, state, reason, enforced, priority, errorType },
  };
}
