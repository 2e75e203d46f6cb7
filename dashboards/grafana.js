// @ts-check
import { queriesOf } from './queries.js';

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} description
 * @property {string} unit Grafana's name for it
 * @property {readonly (readonly [query: string, legend: string])[]} targets
 */

/** @param {ReturnType<typeof queriesOf>} q */
function rows(q) {
  const { pipeline, policy, outcome, state, reason, enforced, priority, errorType } = q.labels;
  const p = `{{${pipeline}}}`;
  const each = `{{${pipeline}}} {{${policy}}}`;
  /** @type {readonly (readonly [string, readonly Panel[]])[]} */
  const all = [
    [
      'Golden signals',
      [
        {
          title: 'Latency',
          description: 'Half of the calls, and the slowest hundredth, with all attempts and waits.',
          unit: 's',
          targets: [
            [q.latency(0.5), `${p} p50`],
            [q.latency(0.99), `${p} p99`],
          ],
        },
        {
          title: 'Traffic',
          description: 'Calls a second.',
          unit: 'reqps',
          targets: [[q.traffic, p]],
        },
        {
          title: 'Errors',
          description: 'Share of calls that fail, after retries and fallbacks.',
          unit: 'percentunit',
          targets: [[q.errors, p]],
        },
        {
          title: 'Saturation',
          description: 'Share of the slots of bulkheads that are taken.',
          unit: 'percentunit',
          targets: [[q.saturation, each]],
        },
      ],
    ],
    [
      'Circuit breakers',
      [
        {
          title: 'State',
          description: 'Breakers in each state; of a keyed pipeline, copies.',
          unit: 'short',
          targets: [[q.states, `${each} {{${state}}}`]],
        },
        {
          title: 'Transitions',
          description: 'Changes of state a second.',
          unit: 'ops',
          targets: [[q.transitions, `${each} -> {{${state}}}`]],
        },
        {
          title: 'Time in each state',
          description: 'Share of the time; of a keyed pipeline, copies on the average.',
          unit: 'short',
          targets: [[q.stateTime, `${each} {{${state}}}`]],
        },
        {
          title: 'Failures and slow calls in the window',
          description: 'What the breakers judge by.',
          unit: 'percentunit',
          targets: [
            [q.failureRate, `${each} failures`],
            [q.slowCallRate, `${each} slow`],
          ],
        },
      ],
    ],
    [
      'Calls and attempts',
      [
        {
          title: 'Outcomes',
          description: 'Calls a second by how they ended.',
          unit: 'reqps',
          targets: [[q.outcomes, `${p} {{${outcome}}}`]],
        },
        {
          title: 'Error types',
          description: 'Failed calls a second by what went wrong.',
          unit: 'reqps',
          targets: [[q.errorTypes, `${p} {{${errorType}}}`]],
        },
        {
          title: 'Fallbacks',
          description: 'Share of calls that a fallback answers.',
          unit: 'percentunit',
          targets: [[q.degraded, p]],
        },
        {
          title: 'Rejections',
          description: 'Calls a second that a policy refused, or would have (dry run).',
          unit: 'reqps',
          targets: [[q.rejections, `${each} {{${reason}}} {{${priority}}}`]],
        },
      ],
    ],
    [
      'Retries',
      [
        {
          title: 'Retries and hedges for each call',
          description: 'Load on the upstream that its own failures cause.',
          unit: 'percentunit',
          targets: [
            [q.retries, `${p} retries`],
            [q.hedges, `${p} hedges`],
          ],
        },
        {
          title: 'Retry budget',
          description: 'Retries that are allowed now.',
          unit: 'short',
          targets: [[q.budget, each]],
        },
        {
          title: 'Delay before retries',
          description: 'Nine in ten are shorter.',
          unit: 's',
          targets: [[q.retryDelay, p]],
        },
      ],
    ],
    [
      'Queues',
      [
        {
          title: 'Queued calls',
          description: 'Calls that wait for a slot of a bulkhead.',
          unit: 'short',
          targets: [[q.queued, each]],
        },
        {
          title: 'Queued for an adaptive limit',
          description: 'Calls that wait for a slot. Those that wait too long are refused.',
          unit: 'short',
          targets: [[q.adaptiveQueued, each]],
        },
        {
          title: 'Time in queues',
          description: 'Of calls that had to wait, nine in ten waited less.',
          unit: 's',
          targets: [[q.queueWait, each]],
        },
      ],
    ],
    [
      'Limits',
      [
        {
          title: 'Limits reached',
          description: 'Calls a second that had to wait at a limit, or were refused there.',
          unit: 'reqps',
          targets: [[q.limitReached, each]],
        },
        {
          title: 'Permits of rate limiters',
          description: 'Permits that are free now: for that many calls, where each costs one.',
          unit: 'short',
          targets: [[q.permits, each]],
        },
        {
          title: 'Adaptive limits',
          description:
            'Calls in flight, and the limit as found by now. It halves for a moment now and then, to measure latency without load.',
          unit: 'short',
          targets: [
            [q.adaptiveLimit, `${each} limit`],
            [q.adaptiveInFlight, `${each} in flight`],
            [q.adaptiveAtFloor, `${each} at the floor`],
          ],
        },
        {
          title: 'Throttling',
          description: 'Probability with which a throttle refuses a call.',
          unit: 'percentunit',
          targets: [[q.throttle, each]],
        },
      ],
    ],
    [
      'Ejection and chaos',
      [
        {
          title: 'Ejected hosts',
          description: 'Hosts that are left out now.',
          unit: 'short',
          targets: [[q.ejected, each]],
        },
        {
          title: 'Ejections',
          description:
            'How often a second hosts stand out by their failures, and whether they are left out.',
          unit: 'ops',
          targets: [[q.ejections, `${each} {{${reason}}} enforced: {{${enforced}}}`]],
        },
        {
          title: 'Chaos',
          description: 'What is injected on purpose, and whether chaos is on.',
          unit: 'short',
          targets: [
            [q.injections, `${each} {{holdfast_injection}}`],
            [q.chaos, `${each} on`],
          ],
        },
      ],
    ],
  ];
  return all;
}

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const HEIGHT = 8;

/**
 * The dashboard.
 *
 * @param {typeof import('../build/telemetry/names.js')} names
 */
export function grafanaOf(names) {
  const { metric } = names;
  const pipeline = names.attribute.pipeline.replaceAll('.', '_');
  const calls = `${metric.calls.name.replaceAll('.', '_')}_total`;
  const q = queriesOf(names, '$__rate_interval', `job=~"$job",${pipeline}=~"$pipeline"`);
  const panels = [];
  let id = 0;
  let y = 0;
  for (const [title, of] of rows(q)) {
    panels.push({
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: 24, x: 0, y: y++ },
    });
    const w = 24 / of.length;
    of.forEach(({ title, description, unit, targets }, i) => {
      panels.push({
        id: ++id,
        type: 'timeseries',
        title,
        description,
        datasource: DATASOURCE,
        gridPos: { h: HEIGHT, w, x: i * w, y },
        fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10 } }, overrides: [] },
        options: {
          legend: { displayMode: 'list', placement: 'bottom' },
          tooltip: { mode: 'multi' },
        },
        targets: targets.map(([expr, legendFormat], at) => ({
          refId: String.fromCharCode(65 + at),
          datasource: DATASOURCE,
          expr,
          legendFormat,
        })),
      });
    });
    y += HEIGHT;
  }
  /**
   * @param {string} name
   * @param {string} query
   */
  const variable = (name, query) => ({
    name,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: { text: 'All', value: '$__all' },
  });
  return {
    uid: 'holdfast',
    title: 'holdfast',
    description: 'Calls to upstreams: golden signals, circuit breakers, retries, queues.',
    tags: ['holdfast', 'resilience'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', current: {} },
        variable('job', `label_values(${calls}, job)`),
        variable('pipeline', `label_values(${calls}{job=~"$job"}, ${pipeline})`),
      ],
    },
    panels,
  };
}
