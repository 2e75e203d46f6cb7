// @ts-check
/**
 * OpenTelemetry's names as Prometheus has them.
 *
 * Two ways lead there, and they differ. The SDK's own Prometheus exporter leaves units out of names; Prometheus's OTLP receiver
 * and the collector put them in (`_seconds`, `_ratio`). Where they would, a selector matches both.
 *
 * @module
 */

/** @typedef {import('../build/telemetry/names.js').Metric} Metric */

/** @param {string} name */
export const label = (name) => name.replaceAll('.', '_');

/** @param {Metric} metric */
function unitSuffix({ kind, unit }) {
  if (unit === 's') return '_seconds';
  return unit === '1' && kind === 'gauge' ? '_ratio' : '';
}

/**
 * A selector of the series of a metric.
 *
 * @param {Metric} metric
 * @param {string} [matchers] as in `a="1",b!="2"`
 * @param {'_bucket' | '_sum' | '_count' | ''} [part] which part of a histogram
 */
export function series(metric, matchers = '', part = '') {
  const end = metric.kind === 'counter' ? '_total' : part;
  const unit = unitSuffix(metric);
  if (unit === '') return label(metric.name) + end + (matchers === '' ? '' : `{${matchers}}`);
  const name = `__name__=~"${label(metric.name)}(${unit})?${end}"`;
  return `{${[name, ...(matchers === '' ? [] : [matchers])].join(',')}}`;
}
