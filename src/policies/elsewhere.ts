/**
 * Says where an option goes that belongs to one policy, or is a policy, but was given to a whole list of them: to `standard()` or to a
 * client.
 */
import {
  type ForeignNames,
  type Hint,
  hintFrom,
  isNameOf,
  NOT_THE_FIRST,
  translated,
} from '../config/foreign-names.js';
import {
  adaptiveLimiterNames,
  bulkheadNames,
  circuitBreakerNames,
  rateLimiterNames,
  retryNames,
} from './foreign-names.js';

/** The policies of `standard()`, each with the names of its options. */
const POLICIES: Readonly<Record<string, ForeignNames>> = {
  retry: retryNames,
  circuitBreaker: circuitBreakerNames,
  rateLimiter: rateLimiterNames,
  bulkhead: bulkheadNames,
  adaptiveLimiter: adaptiveLimiterNames,
};

/** The options of `standard()`, with other names for them. */
const STANDARD: ForeignNames = {
  isFailure: '',
  retry: 'retrying retryPolicy retryOptions retryConfig',
  totalTimeout:
    'timeout timeouts timeoutMs totalTimeoutMs requestTimeout callTimeout overallTimeout maxDuration deadline',
  attemptTimeout:
    'attemptTimeoutMs perAttemptTimeout perTryTimeout tryTimeout headersTimeout responseTimeout',
  circuitBreaker: 'breaker circuit circuitbreaker breakerOptions circuitBreakerOptions',
  rateLimiter: 'rateLimit rateLimits rateLimiting ratelimit limiter',
  bulkhead: 'bulkheads',
  adaptiveLimiter: 'adaptiveConcurrency adaptive concurrencyLimiter',
};

/** Policies that are in no standard list, each as you write it beside one. */
const OWN_LIST: Readonly<Record<string, string>> = {
  fallback: 'fallback(value), ...standard()',
  ejection: '...standard(), ejection()',
  outlierDetection: '...standard(), ejection()',
  throttle: 'throttle(), ...standard()',
  throttling: 'throttle(), ...standard()',
};

/** Policies that go between or inside the standard ones, each as you write it. */
const INSIDE: Readonly<Record<string, string>> = {
  hedge: '[total, retry, hedge(), ...inner] of const [total, retry, ...inner] = standard()',
  hedging: '[total, retry, hedge(), ...inner] of const [total, retry, ...inner] = standard()',
  chaos: '[...standard(), chaos({ … })]',
};

/** The options of policies that a name can only mean, in the order in which they are tried. */
const PLACES = [
  'retry.maxRetries',
  'retry.initialDelay',
  'retry.maxDelay',
  'retry.factor',
  'retry.jitter',
  'retry.backoff',
  'retry.maxRetryAfter',
  'retry.budget',
  'circuitBreaker.failureRate',
  'circuitBreaker.consecutiveFailures',
  'circuitBreaker.minimumCalls',
  'circuitBreaker.openFor',
  'rateLimiter.limit',
  'bulkhead.maxConcurrent',
  'bulkhead.maxQueued',
] as const;

/** Names that count attempts. Ours count retries. */
const COUNTS_ATTEMPTS = /^(?:max|maxRetry|numOf)?Attempts$|^(?:max)?tries$/i;

/** Names that do not say which of the two timeouts they mean. */
const EITHER_TIMEOUT = /^timeout(?:s|Ms)?$/;

/** Places at which a number or duration means the same under the other name. */
const SAME_VALUE = /\.max|\.initialDelay|Timeout$/;

/**
 * Says where an unknown option of `standard()` or of a client goes.
 *
 * @param client The options of a client with other names for them.
 */
export function hintAmongPolicies(client: ForeignNames = {}): Hint {
  return (name, known, value) => {
    const isClient = known.includes('policies');
    if (isClient && Object.hasOwn(OWN_LIST, name)) {
      return `; policies of your own go to "policies", as a list: [${OWN_LIST[name]}]`;
    }
    if (Object.hasOwn(INSIDE, name)) {
      const to = isClient ? '"policies"' : 'the pipeline';
      return `; it is a policy of its own, which goes to ${to} as a part of the list: ${INSIDE[name]}`;
    }
    const own = translated(name, client);
    if (own !== undefined && known.includes(own)) return asked(own, name, value);
    for (const place of placesOf(name, value)) {
      const [policy = ''] = place.split('.');
      if (known.includes(policy)) return asked(place, name, value);
      if (isClient) return asked(`policies.${place}`, name, value);
    }
    return amongOptionsOfOne(name, known, value);
  };
}

/** The hint if the options are those of one policy, inside of the list. */
const amongOptionsOfOne: Hint = (name, known, value) => {
  for (const names of Object.values(POLICIES)) {
    const hint = hintFrom(names)(name, known, value);
    if (hint !== undefined) return hint;
  }
  return undefined;
};

function placesOf(name: string, value: unknown): readonly string[] {
  if (name === 'retry' && typeof value === 'number') return ['retry.maxRetries'];
  const places: string[] = PLACES.filter((place) => {
    const [policy = '', option = ''] = place.split('.');
    return name === option || isNameOf(option, name, POLICIES[policy]);
  });
  const policy = Object.hasOwn(STANDARD, name) ? name : translated(name, STANDARD);
  return policy === undefined ? places : [...places, policy];
}

function asked(place: string, name: string, value: unknown): string {
  const attempts = COUNTS_ATTEMPTS.test(name);
  const steps = place.split('.');
  const question = `: did you mean ${meaning(place, name, attempts)}?`;
  if (steps.length === 1) return question;
  const shown = SAME_VALUE.test(place) ? valueText(value, attempts) : '…';
  const written = steps.reduceRight((inner, step) => `{ ${step}: ${inner} }`, shown);
  return `${question} Write ${written}`;
}

function meaning(place: string, name: string, attempts: boolean): string {
  if (attempts) return `"${place}"${NOT_THE_FIRST}`;
  if (!EITHER_TIMEOUT.test(name)) return `"${place}"`;
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
