/**
 * Says where an option goes that belongs to one policy, or is a policy, but was given to a whole list of them: to `standard()`, to a
 * client, or to `pipeline()`. It knows the names that people who come from ky, got, axios, p-retry, undici, Envoy or Polly use first.
 */

/** The options of `standard()`. */
const STANDARD: ReadonlySet<string> = new Set([
  'isFailure',
  'rateLimiter',
  'totalTimeout',
  'retry',
  'circuitBreaker',
  'adaptiveLimiter',
  'bulkhead',
  'attemptTimeout',
]);

/** Policies that are in no standard list, each as you write it. */
const OWN_LIST: Readonly<Record<string, string>> = {
  fallback: 'fallback(value)',
  throttle: 'throttle()',
  throttling: 'throttle()',
};

/** Names, listed by the place that they mean: a path from the options of `standard()`, or an option of a client. */
const PLACES: readonly (readonly [place: string, names: string])[] = [
  [
    'retry.maxRetries',
    'retries maxRetries maxRetry limit retryCount retryLimit retryAttempts numRetries numberOfRetries retryTimes',
  ],
  ['retry.maxRetries', 'attempts maxAttempts maxRetryAttempts tries maxTries numOfAttempts'],
  [
    'retry.initialDelay',
    'initialDelay retryDelay retryInterval baseDelay minDelay minTimeout startingDelay',
  ],
  ['retry.maxDelay', 'maxDelay maxTimeout maxBackoff backoffLimit maxRetryDelay'],
  ['retry.factor', 'factor timeoutFactor backoffFactor backoffMultiplier'],
  ['retry.jitter', 'jitter randomize'],
  ['retry.backoff', 'backoff backoffStrategy'],
  ['retry.maxRetryAfter', 'maxRetryAfter'],
  ['retry.budget', 'budget retryBudget'],
  ['retry', 'retrying retryPolicy retryOptions retryConfig'],
  [
    'totalTimeout',
    'timeout timeouts timeoutMs totalTimeoutMs requestTimeout callTimeout overallTimeout maxDuration deadline',
  ],
  [
    'attemptTimeout',
    'attemptTimeoutMs perAttemptTimeout perTryTimeout tryTimeout headersTimeout responseTimeout',
  ],
  ['circuitBreaker', 'breaker circuit circuitbreaker breakerOptions circuitBreakerOptions'],
  ['circuitBreaker.failureRate', 'failureRate failureRateThreshold errorThresholdPercentage'],
  ['circuitBreaker.consecutiveFailures', 'consecutiveFailures failureThreshold'],
  ['circuitBreaker.minimumCalls', 'minimumCalls volumeThreshold minimumThroughput'],
  ['circuitBreaker.openFor', 'openFor resetTimeout halfOpenAfter breakDuration'],
  ['rateLimiter', 'rateLimit rateLimits rateLimiting ratelimit limiter'],
  ['rateLimiter.limit', 'rate rps requestsPerSecond permitLimit limitForPeriod'],
  ['bulkhead', 'bulkheads'],
  [
    'bulkhead.maxConcurrent',
    'concurrency maxConcurrent maxConcurrency concurrencyLimit maxInFlight maxSockets connections',
  ],
  ['bulkhead.maxQueued', 'maxQueued queueSize maxQueue maxQueueSize'],
  ['adaptiveLimiter', 'adaptiveConcurrency adaptive concurrencyLimiter'],
  [
    'classify',
    'isFailure isError shouldRetry retryCondition retryOn retryIf retryOnStatus shouldHandle statusCodes retryStatusCodes retryableStatuses retryableStatusCodes validateStatus',
  ],
  ['idempotent', 'methods retryMethods retryableMethods allowedMethods'],
  ['baseUrl', 'base baseURL baseUri prefixUrl prefix rootUrl url origin host'],
  ['beforeAttempt', 'hooks beforeRequest onRequest onAttempt interceptors requestInterceptor'],
  ['fetch', 'fetchFn fetcher fetchImpl fetchImplementation transport adapter'],
  ['telemetry', 'metrics tracing otel'],
];

/** Names that count attempts. Ours count retries. */
const COUNTS_ATTEMPTS: ReadonlySet<string> = new Set((PLACES[1]?.[1] ?? '').split(' '));

/** Names that do not say which of the two timeouts they mean. */
const EITHER_TIMEOUT: ReadonlySet<string> = new Set(['timeout', 'timeouts', 'timeoutMs']);

/** Places at which a number or duration means the same under the other name. */
const SAME_VALUE: ReadonlySet<string> = new Set([
  'retry.maxRetries',
  'retry.initialDelay',
  'retry.maxDelay',
  'totalTimeout',
  'attemptTimeout',
  'bulkhead.maxConcurrent',
  'bulkhead.maxQueued',
]);

const PLACE_BY_NAME: ReadonlyMap<string, readonly string[]> = placesByName();

function placesByName(): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const [place, names] of PLACES) {
    for (const name of names.split(' ')) places.set(name, [...(places.get(name) ?? []), place]);
  }
  return places;
}

/**
 * Says where an unknown option goes, as the rest of a message. `undefined` when the name is not known here.
 *
 * @param known The options that exist.
 */
export function goesTo(name: string, known: readonly string[], value: unknown): string | undefined {
  if (known.includes('errorTypeOf')) return afterPipelineOptions(name);
  const isClient = known.includes('policies');
  if (isClient && Object.hasOwn(OWN_LIST, name)) {
    return `; policies of your own go to "policies", as a list: [${OWN_LIST[name]}, ...standard()]`;
  }
  for (const place of placesOf(name, value)) {
    const [first = '', leaf = first] = place.split('.');
    if (known.includes(first)) return asked(place, name, value);
    if (isClient && STANDARD.has(first)) return asked(`policies.${place}`, name, value);
    // The options are those of the one policy.
    if (known.includes(leaf)) return asked(leaf, name, value);
  }
  return undefined;
}

function placesOf(name: string, value: unknown): readonly string[] {
  if (name === 'retry' && typeof value === 'number') return ['retry.maxRetries'];
  const places = PLACE_BY_NAME.get(name) ?? [];
  return STANDARD.has(name) ? [...places, name] : places;
}

/** The hint for a policy that was given as an option of a pipeline. */
function afterPipelineOptions(name: string): string | undefined {
  const isPolicy =
    name === 'policies' ||
    Object.hasOwn(OWN_LIST, name) ||
    placesOf(name, undefined).some((place) => STANDARD.has(place.split('.', 1)[0] ?? ''));
  return isPolicy
    ? "; policies come after the options, as in pipeline({ name: 'x' }, timeout('5s'), retry())"
    : undefined;
}

function asked(place: string, name: string, value: unknown): string {
  const attempts = COUNTS_ATTEMPTS.has(name);
  const steps = place.split('.');
  const short = place.replace(/^policies\./, '');
  const question = `: did you mean ${meaning(place, name)}?`;
  if (steps.length === 1) return question;
  const shown = SAME_VALUE.has(short) ? valueText(value, attempts) : '…';
  const written = steps.reduceRight((inner, step) => `{ ${step}: ${inner} }`, shown);
  return `${question} Write ${written}`;
}

function meaning(place: string, name: string): string {
  if (COUNTS_ATTEMPTS.has(name)) return `"${place}", which does not count the first attempt`;
  if (!EITHER_TIMEOUT.has(name)) return `"${place}"`;
  const other = place.replace('totalTimeout', 'attemptTimeout');
  return `"${place}" (the whole call) or "${other}" (each attempt)`;
}

function valueText(value: unknown, countsAttempts: boolean): string {
  if (typeof value === 'number' && value >= 0 && value < 1e9) {
    return String(countsAttempts ? Math.max(0, value - 1) : value);
  }
  if (typeof value !== 'string' || !/^[\d.]{1,9}(?:ms|s|m|h)$/.test(value)) return '…';
  return `'${value}'`;
}
