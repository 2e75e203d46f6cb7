/**
 * Names of options from cockatiel, opossum, p-retry, Polly, resilience4j, Envoy, failsafe-go, Netflix's concurrency-limits, ky, got, axios,
 * undici and the SRE book, and from other policies here: a table for each policy.
 */
import type { ForeignNames } from '../config/foreign-names.js';

const HANDLE = 'shouldHandle shouldRetry retryIf';
const MINIMUM_CALLS = 'volumeThreshold minimumThroughput minimumNumberOfCalls';
const WINDOW = 'rollingCountTimeout samplingDuration slidingWindowSize samplingWindow';

export const retryNames: ForeignNames = {
  maxRetries:
    'retries maxRetry limit retryCount retryLimit retryAttempts numRetries numberOfRetries retryTimes attempts maxAttempts maxRetryAttempts tries maxTries numOfAttempts',
  initialDelay: 'retryDelay retryInterval baseDelay minDelay minTimeout startingDelay',
  maxDelay: 'maxTimeout maxBackoff backoffLimit maxRetryDelay',
  factor: 'timeoutFactor backoffFactor backoffMultiplier',
  jitter: 'randomize',
  backoff: 'backoffStrategy',
  budget: 'retryBudget',
  handle: HANDLE,
};

export const circuitBreakerNames: ForeignNames = {
  failureRate: 'failureRateThreshold errorThresholdPercentage failureRatio threshold',
  consecutiveFailures: 'failureThreshold',
  minimumCalls: MINIMUM_CALLS,
  window: WINDOW,
  openFor: 'resetTimeout halfOpenAfter breakDuration waitDurationInOpenState',
  handle: HANDLE,
};

export const timeoutNames: ForeignNames = { duration: 'ms timeoutMs timeout' };

export const bulkheadNames: ForeignNames = {
  maxConcurrent:
    'capacity limit concurrency maxConcurrency concurrencyLimit maxInFlight maxSockets connections',
  maxQueued: 'queueSize maxQueue maxQueueSize',
  maxWait: 'timeoutDuration',
};

export const adaptiveLimiterNames: ForeignNames = {
  maxLimit: 'maxConcurrent maxConcurrency',
  maxQueued: 'queueSize maxQueue maxQueueSize',
  maxWait: 'timeoutDuration',
  handle: HANDLE,
};

export const rateLimiterNames: ForeignNames = {
  limit: 'limitForPeriod permitLimit tokensPerInterval points rate rps requestsPerSecond',
  per: 'limitRefreshPeriod interval window period',
  maxWait: 'timeoutDuration',
};

export const throttleNames: ForeignNames = {
  requestsPerAccept: 'k multiplier',
  window: WINDOW,
  minimumCalls: MINIMUM_CALLS,
  maxProbability: 'maxRejectionProbability maxRejectionRate',
  handle: HANDLE,
};

export const chaosNames: ForeignNames = {
  faults: 'fault',
  results: 'result outcome',
  behavior: 'behaviour',
  rate: 'injectionRate probability',
  error: 'faultGenerator',
  delay: 'duration',
};

export const hedgeNames: ForeignNames = {
  percentile: 'quantile delayQuantile hedgingPercentile',
  delay: 'hedgingDelay hedgeDelay maxDelay after',
  maxHedges: 'maxHedgedAttempts maxAttempts attempts hedges',
  maxExtraLoad: 'budgetPercent maxHedgeRate ratio',
  budget: 'retryBudget',
  handle: HANDLE,
};

export const ejectionNames: ForeignNames = {
  deviations: 'stdevFactor successRateStdevFactor',
  minimumHosts: 'successRateMinimumHosts',
  minimumCalls:
    'requestVolume successRateRequestVolume volumeThreshold minimumThroughput minimumNumberOfCalls',
  window: 'interval rollingCountTimeout samplingDuration slidingWindowSize samplingWindow',
  consecutiveFailures: 'failureThreshold consecutive5xx consecutiveErrors',
  ejectFor: 'baseEjectionTime ejectionTime',
  maxEjectFor: 'maxEjectionTime',
  maxShare: 'maxEjectionPercent',
  handle: HANDLE,
};

export const fallbackNames: ForeignNames = { handle: HANDLE };
