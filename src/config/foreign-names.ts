/** Knows option names from other libraries. People who move over use them first, and their letters are not close to ours. */

/**
 * Names from cockatiel, opossum, p-retry, Polly, resilience4j, Envoy, failsafe-go, Netflix's concurrency-limits and the SRE book, and from
 * other policies here. They are only names that mean the same as ours, whatever the unit.
 */
const MEANS: Readonly<Record<string, string>> = {
  maxAttempts: 'maxRetries',
  maxRetryAttempts: 'maxRetries',
  attempts: 'maxRetries',
  baseDelay: 'initialDelay',
  minTimeout: 'initialDelay',
  maxTimeout: 'maxDelay',
  shouldHandle: 'handle',
  shouldRetry: 'handle',
  retryIf: 'handle',
  errorThresholdPercentage: 'failureRate',
  failureRateThreshold: 'failureRate',
  failureRatio: 'failureRate',
  threshold: 'failureRate',
  failureThreshold: 'consecutiveFailures',
  volumeThreshold: 'minimumCalls',
  minimumThroughput: 'minimumCalls',
  minimumNumberOfCalls: 'minimumCalls',
  rollingCountTimeout: 'window',
  samplingDuration: 'window',
  slidingWindowSize: 'window',
  halfOpenAfter: 'openFor',
  resetTimeout: 'openFor',
  breakDuration: 'openFor',
  waitDurationInOpenState: 'openFor',
  capacity: 'maxConcurrent',
  concurrency: 'maxConcurrent',
  limit: 'maxConcurrent',
  maxConcurrent: 'maxLimit',
  maxConcurrency: 'maxLimit',
  queueSize: 'maxQueued',
  limitForPeriod: 'limit',
  permitLimit: 'limit',
  tokensPerInterval: 'limit',
  points: 'limit',
  limitRefreshPeriod: 'per',
  interval: 'per',
  window: 'per',
  period: 'per',
  timeoutDuration: 'maxWait',
  ms: 'duration',
  timeoutMs: 'duration',
  timeout: 'duration',
  k: 'requestsPerAccept',
  multiplier: 'requestsPerAccept',
  maxRejectionProbability: 'maxProbability',
  maxRejectionRate: 'maxProbability',
  samplingWindow: 'window',
};

/** Returns our option for a name from elsewhere, if it is one of the `known` options. */
export function translated(name: string, known: readonly string[]): string | undefined {
  const ours = Object.hasOwn(MEANS, name) ? MEANS[name] : undefined;
  return ours !== undefined && known.includes(ours) ? ours : undefined;
}
