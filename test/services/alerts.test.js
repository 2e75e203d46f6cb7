/** The shipped rules, as shipped, on made-up series: by Prometheus's own unit tests for rules. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as names from '../../build/telemetry/names.js';
import { alertsOf, PACE } from '../../dashboards/alerts.js';

const rules = fileURLToPath(new URL('../../dashboards/alerts.yml', import.meta.url));

const at = 'job="shop",holdfast_pipeline="stock"';
const policy = (name) => `${at},holdfast_policy="${name}"`;
const calls = (outcome) => `holdfast_calls_total{${at},holdfast_outcome="${outcome}"}`;

const refused = (name, reason, enforced = true) =>
  `holdfast_rejections_total{${policy(name)},holdfast_reason="${reason}",holdfast_enforced="${enforced}"}`;
const reached = (name) => `holdfast_limit_reached_total{${policy(name)}}`;

const failures = (type) =>
  `holdfast_calls_total{${at},holdfast_outcome="failure",error_type="${type}"}`;

/** Twenty bad minutes, then twenty good ones. A counter's steps are a minute's, `a+bxn` as promtool has them. */
const level = (bad, good) => `${bad}x20 ${good}x20`;
const count = (bad, good) => `0+${bad}x20 ${20 * bad + good}+${good}x19`;

const buckets = (unit) =>
  ['1', '2.5', '+Inf'].map((le) => ({
    series: `holdfast_call_duration${unit}_bucket{${at},le="${le}"}`,
    values: le === '1' ? count(0, 100) : count(100, 100),
  }));

/** For each alert, series that make it fire and then clear. */
const trouble = {
  HoldfastCircuitNotClosed: [
    {
      series: `holdfast_circuit_breaker_state{${policy('circuit_breaker')},holdfast_state="open"}`,
      values: level(1, 0),
    },
    {
      series: `holdfast_circuit_breaker_state{${policy('circuit_breaker')},holdfast_state="closed"}`,
      values: level(0, 1),
    },
    { series: calls('success'), values: count(100, 100) },
  ],
  HoldfastErrors: [
    { series: calls('failure'), values: count(10, 0) },
    { series: calls('success'), values: count(90, 100) },
  ],
  HoldfastDegraded: [
    { series: calls('fallback'), values: count(10, 0) },
    { series: calls('success'), values: count(90, 100) },
  ],
  HoldfastSlow: buckets(''),
  HoldfastSaturated: [
    { series: `holdfast_bulkhead_in_flight{${policy('bulkhead')}}`, values: level(100, 10) },
    { series: `holdfast_bulkhead_limit{${policy('bulkhead')}}`, values: level(100, 100) },
  ],
  HoldfastThrottled: [
    { series: refused('throttle', 'throttled'), values: count(20, 0) },
    { series: calls('success'), values: count(100, 100) },
  ],
  HoldfastAdaptiveLimitAtFloor: [
    {
      series: `holdfast_adaptive_limiter_at_floor{${policy('adaptive_limiter')}}`,
      values: level(1, 0),
    },
    { series: reached('adaptive_limiter'), values: count(30, 30) },
    { series: calls('success'), values: count(100, 100) },
  ],
  HoldfastChaosOn: [
    { series: `holdfast_chaos_active{${policy('chaos')}}`, values: '0x2 1x18 0x20' },
    { series: calls('success'), values: count(100, 100) },
  ],
  HoldfastManyRetries: [
    {
      series: `holdfast_attempts_total{${at},holdfast_attempt_kind="retry"}`,
      values: count(30, 0),
    },
    {
      series: `holdfast_attempts_total{${at},holdfast_attempt_kind="first"}`,
      values: count(100, 100),
    },
  ],
  HoldfastRetryBudgetSpent: [
    { series: `holdfast_retry_budget_balance{${policy('retry')}}`, values: level(0, 100) },
    { series: calls('success'), values: count(100, 100) },
  ],
};

/** What the series say when all is well, to which none of the others may fire. */
const alerts = alertsOf(names, PACE);

function promtool(...args) {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

function testRules(cases) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-rules-'));
  try {
    const file = join(directory, 'test.json');
    // YAML takes JSON.
    writeFileSync(
      file,
      JSON.stringify({ rule_files: [rules], evaluation_interval: '1m', tests: cases }),
    );
    promtool('test', 'rules', file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** That exactly the alert `of` fires for these series, twice: not before its time, and not after. */
function caseOf(of, input_series) {
  const firing = (alertname, eval_time, fires) => ({
    alertname,
    eval_time,
    exp_alerts: fires ? undefined : [],
  });
  return {
    interval: '1m',
    input_series,
    alert_rule_test: alerts.flatMap(({ alert }) => [
      firing(alert, '1m', false),
      firing(alert, '39m', false),
      ...(alert === of ? [] : [firing(alert, '15m', false)]),
    ]),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: '15m',
        exp_samples: [{ labels: `{alertname="${of}"}`, value: 1 }],
      },
    ],
  };
}

test('the rules are valid', () => promtool('check', 'rules', rules));

test('there is a case for every rule', () => {
  assert.deepEqual(Object.keys(trouble).sort(), alerts.map(({ alert }) => alert).sort());
});

for (const [alert, series] of Object.entries(trouble)) {
  test(`${alert} fires in trouble, alone, and clears`, () => testRules([caseOf(alert, series)]));
}

test('names with units in them, as the collector writes them, are understood too', () =>
  testRules([caseOf('HoldfastSlow', buckets('_seconds'))]));

test('HoldfastThrottled fires for a rate limiter that makes calls wait, too', () =>
  testRules([
    caseOf('HoldfastThrottled', [
      { series: reached('rate_limiter'), values: count(20, 0) },
      { series: `holdfast_rate_limiter_available{${policy('rate_limiter')}}`, values: level(0, 9) },
      { series: calls('success'), values: count(100, 100) },
    ]),
  ]));

/** Nothing of these is trouble, though a part of it looks like some. */
const harmless = {
  'a bulkhead and an adaptive limiter that make calls wait': [
    { series: reached('bulkhead'), values: count(90, 90) },
    { series: reached('adaptive_limiter'), values: count(90, 90) },
    {
      series: `holdfast_adaptive_limiter_at_floor{${policy('adaptive_limiter')}}`,
      values: level(0, 0),
    },
    { series: calls('success'), values: count(100, 100) },
  ],
  'a dry run that would refuse calls': [
    { series: refused('throttle', 'throttled', false), values: count(90, 90) },
    { series: calls('success'), values: count(100, 100) },
  ],
  'a limit at its floor that nobody reaches': [
    {
      series: `holdfast_adaptive_limiter_at_floor{${policy('adaptive_limiter')}}`,
      values: level(1, 1),
    },
    { series: reached('adaptive_limiter'), values: count(0, 0) },
    { series: calls('success'), values: count(100, 100) },
  ],
  'few calls that a rate limiter makes wait': [
    { series: reached('rate_limiter'), values: count(5, 5) },
    { series: `holdfast_rate_limiter_available{${policy('rate_limiter')}}`, values: level(1, 1) },
    { series: calls('success'), values: count(100, 100) },
  ],
  'a new kind of failure, among many calls': [
    { series: failures('TypeError'), values: '_x10 20x29' },
    { series: calls('success'), values: count(100, 100) },
  ],
  'the first scrape of a process that has made calls for long': [
    { series: failures('TypeError'), values: '_x10 300+1x29' },
    { series: calls('success'), values: '_x10 100000+100x29' },
  ],
};

for (const [what, input_series] of Object.entries(harmless)) {
  test(`no alert fires for ${what}`, () =>
    testRules([
      {
        interval: '1m',
        input_series,
        alert_rule_test: alerts.flatMap(({ alert: alertname }) =>
          Array.from({ length: 39 }, (_, i) => ({
            alertname,
            eval_time: `${i + 1}m`,
            exp_alerts: [],
          })),
        ),
      },
    ]));
}

/** What is 0 until minute 10, or not there at all, and `value` from then on: all of it came within one scrape interval. */
const atOnce = (value) => `0x9 ${value}x30`;
const born = (value) => `_x10 ${value}x30`;

/** An outage of 1,000 calls between two scrapes. Their error types are known to nobody before. */
const outages = {
  'of a pipeline that has been idle': [
    { series: calls('success'), values: '0x40' },
    { series: calls('failure'), values: '0x40' },
    { series: failures('ECONNREFUSED'), values: born(1_000) },
  ],
  'of a pipeline that has been called': [
    { series: calls('success'), values: count(100, 0) },
    { series: calls('failure'), values: '0x40' },
    { series: failures('ECONNREFUSED'), values: born(1_000) },
  ],
  'with a failure of the same kind long before': [
    { series: calls('success'), values: '7x40' },
    { series: failures('ECONNREFUSED'), values: `3x9 ${1_003}x30` },
  ],
  'with refusals, whose error type is known': [
    { series: calls('success'), values: '7x40' },
    {
      series: `holdfast_calls_total{${at},holdfast_outcome="rejected",error_type="ERR_CIRCUIT_OPEN"}`,
      values: atOnce(1_000),
    },
  ],
  'before the first scrape ever': [{ series: failures('ECONNREFUSED'), values: born(1_000) }],
  'of bodies that fail': [
    { series: calls('success'), values: atOnce(1_000) },
    {
      series: `holdfast_calls_total{${at},holdfast_outcome="body_failure",error_type="ERR_TIMEOUT"}`,
      values: born(1_000),
    },
  ],
};

for (const [what, input_series] of Object.entries(outages)) {
  test(`HoldfastErrors fires for 1,000 failures in one scrape interval, ${what}, and clears`, () =>
    testRules([
      {
        interval: '1m',
        input_series,
        alert_rule_test: [
          { alertname: 'HoldfastErrors', eval_time: '9m', exp_alerts: [] },
          { alertname: 'HoldfastErrors', eval_time: '20m', exp_alerts: [] },
        ],
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing",alertname="HoldfastErrors"})',
            eval_time: '13m',
            exp_samples: [{ labels: '{alertname="HoldfastErrors"}', value: 1 }],
          },
        ],
      },
    ]));
}

test('the others fire for what came within one scrape interval, too', () =>
  testRules(
    [
      ['HoldfastDegraded', { series: calls('fallback'), values: born(1_000) }],
      [
        'HoldfastSlow',
        { series: `holdfast_call_duration_bucket{${at},le="1"}`, values: born(0) },
        { series: `holdfast_call_duration_bucket{${at},le="2.5"}`, values: born(1_000) },
        { series: `holdfast_call_duration_bucket{${at},le="+Inf"}`, values: born(1_000) },
      ],
      [
        'HoldfastThrottled',
        { series: refused('throttle', 'throttled'), values: atOnce(1_000) },
        { series: calls('success'), values: atOnce(1_000) },
      ],
      [
        'HoldfastManyRetries',
        {
          series: `holdfast_attempts_total{${at},holdfast_attempt_kind="retry"}`,
          values: born(1_000),
        },
        {
          series: `holdfast_attempts_total{${at},holdfast_attempt_kind="first"}`,
          values: born(1_000),
        },
      ],
      [
        'HoldfastCircuitNotClosed',
        {
          series: `holdfast_circuit_breaker_state{${policy('circuit_breaker')},holdfast_state="open"}`,
          values: born(1),
        },
        { series: failures('ECONNREFUSED'), values: born(1_000) },
      ],
    ].map(([alertname, ...input_series]) => ({
      interval: '1m',
      input_series,
      promql_expr_test: [
        {
          expr: `count by (alertname) (ALERTS{alertstate="firing",alertname="${alertname}"})`,
          eval_time: '13m',
          exp_samples: [{ labels: `{alertname="${alertname}"}`, value: 1 }],
        },
      ],
    })),
  ));

/**
 * A breaker whose open time is over waits for a call, and the gauges of a pipeline that is gone end with a 0, which the SDK repeats:
 * nothing of it may page anybody as long as there are no calls.
 */
test('no alert fires for a pipeline that nobody calls', () => {
  const level = (value) => `${value}x40`;
  const quiet = {
    [`holdfast_circuit_breaker_state{${policy('circuit_breaker')},holdfast_state="half_open"}`]: 1,
    [`holdfast_retry_budget_balance{${policy('retry')}}`]: 0,
    [calls('failure')]: 7,
    [calls('success')]: 7,
  };
  testRules([
    {
      interval: '1m',
      input_series: Object.entries(quiet).map(([series, value]) => ({
        series,
        values: level(value),
      })),
      alert_rule_test: alerts.map(({ alert }) => ({
        alertname: alert,
        eval_time: '15m',
        exp_alerts: [],
      })),
    },
  ]);
});
