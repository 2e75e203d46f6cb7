// @ts-check
import { queriesOf } from './queries.js';

/**
 * @typedef {object} Pace
 * @property {string} window how far back rates look
 * @property {string} hold how long a condition holds before the alert fires
 */

/** As shipped. */
export const PACE = { window: '5m', hold: '2m' };

/**
 * The alert rules.
 *
 * @param {typeof import('../build/telemetry/names.js')} names
 * @param {Pace} pace
 */
export function alertsOf(names, { window, hold }) {
  const q = queriesOf(names, window);
  const { pipeline, policy } = q.labels;
  const of = `{{ $labels.${pipeline} }}`;
  const at = `{{ $labels.${policy} }} of ${of}`;
  return [
    {
      alert: 'HoldfastCircuitNotClosed',
      expr: q.whereCalled(`${q.notClosed} > 0`),
      for: hold,
      severity: 'critical',
      summary: `${at} is not closed`,
      description:
        'The upstream keeps failing, and calls are refused (or only probed) to spare it and the callers. Look at the upstream first.',
    },
    {
      alert: 'HoldfastErrors',
      expr: `(${q.errors}) > 0.05`,
      for: hold,
      severity: 'critical',
      summary: `{{ $value | humanizePercentage }} of the calls of ${of} fail`,
      description:
        'Retries and fallbacks are counted in already: this is what callers see. The error types are on the dashboard.',
    },
    {
      alert: 'HoldfastDegraded',
      expr: `(${q.degraded}) > 0.05`,
      for: hold,
      severity: 'warning',
      summary: `{{ $value | humanizePercentage }} of the calls of ${of} are answered by a fallback`,
      description: 'Callers get an answer, but not the real one.',
    },
    {
      alert: 'HoldfastSlow',
      expr: `(${q.latency(0.99)}) > 1`,
      for: hold,
      severity: 'warning',
      summary: `the slowest hundredth of the calls of ${of} takes {{ $value | humanizeDuration }} or more`,
      description:
        'With all attempts and waits. Set the limit to what callers of this pipeline can bear.',
    },
    {
      alert: 'HoldfastSaturated',
      expr: `(${q.saturation}) > 0.9`,
      for: hold,
      severity: 'warning',
      summary: `{{ $value | humanizePercentage }} of the slots of ${at} are taken`,
      description:
        'Calls soon queue or are refused: the upstream got slower, or there is more traffic than it was made for.',
    },
    {
      alert: 'HoldfastThrottled',
      expr: `(${q.throttled}) > 0.1`,
      for: hold,
      severity: 'warning',
      summary: `${at} holds up or refuses {{ $value | humanizePercentage }} of the calls`,
      description:
        'A throttle refuses calls because the upstream does, or a rate limiter has fewer permits than there are calls.',
    },
    {
      alert: 'HoldfastAdaptiveLimitAtFloor',
      expr: q.atFloor,
      for: hold,
      severity: 'warning',
      summary: `the limit of ${at} is as low as it gets, and calls are held up by it`,
      description:
        'Hardly any call is useful to its caller: the upstream is down or overloaded far beyond what a lower limit could mend.',
    },
    {
      alert: 'HoldfastManyRetries',
      expr: `(${q.retries}) > 0.15`,
      for: hold,
      severity: 'warning',
      summary: `for each call of ${of} there are {{ $value | humanize }} retries`,
      description:
        'The upstream fails often and the retries hide it, at the price of more load on it.',
    },
    {
      alert: 'HoldfastRetryBudgetSpent',
      expr: q.whereCalled(`${q.budget} < 1`),
      for: hold,
      severity: 'warning',
      summary: `no retry is left in the budget of ${at}`,
      description:
        'So many calls fail that retrying them would make it worse; they fail at once now.',
    },
    {
      alert: 'HoldfastChaosOn',
      expr: `${q.chaos} > 0`,
      for: '0s',
      severity: 'info',
      summary: `chaos is on in ${at}`,
      description:
        'Faults are injected on purpose. Other alerts of this pipeline may be due to it.',
    },
  ];
}

/**
 * The rules as a file for Prometheus.
 *
 * @param {typeof import('../build/telemetry/names.js')} names
 * @param {Pace} [pace]
 */
export function alertsYaml(names, pace = PACE) {
  const text = JSON.stringify;
  const rules = alertsOf(names, pace).map((rule) =>
    [
      `      - alert: ${rule.alert}`,
      `        expr: ${text(rule.expr)}`,
      `        for: ${rule.for}`,
      '        labels:',
      `          severity: ${rule.severity}`,
      '        annotations:',
      `          summary: ${text(rule.summary)}`,
      `          description: ${text(rule.description)}`,
    ].join('\n'),
  );
  return `# Made by npm run dashboards; edit dashboards/alerts.js.\ngroups:\n  - name: holdfast\n    rules:\n${rules.join('\n')}\n`;
}
