import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { resolveFetch } from '../../src/fetch/options.js';
import { resolveDrain } from '../../src/pipeline/lifecycle/drain.js';
import { resolvePipeline } from '../../src/pipeline/options/pipeline-options.js';
import { resolveAdaptiveLimiter } from '../../src/policies/adaptive-limiter/options.js';
import { resolveBulkhead } from '../../src/policies/bulkhead/options.js';
import { resolveCircuitBreaker } from '../../src/policies/circuit-breaker/options.js';
import { resolveEjection } from '../../src/policies/ejection/options.js';
import { resolveFallback } from '../../src/policies/fallback/options.js';
import { resolveRetry } from '../../src/policies/retry/options.js';
import { resolveRetryBudget } from '../../src/policies/retry-budget/options.js';
import { plainStandard, standardSchema } from '../../src/policies/standard.js';
import { resolveThrottle } from '../../src/policies/throttle/options.js';
import { resolveTimeout } from '../../src/policies/timeout/options.js';
import { resolveRequest, resolveResilience } from '../../src/undici/options.js';

describe('what is made without options needs no schema, and is what the schema would have made', () => {
  it.each<[string, unknown, unknown]>([
    ['adaptiveLimiter', resolveAdaptiveLimiter(undefined), resolveAdaptiveLimiter({})],
    ['bulkhead', resolveBulkhead(undefined), resolveBulkhead({})],
    ['circuitBreaker', resolveCircuitBreaker(undefined), resolveCircuitBreaker({})],
    ['fallback', resolveFallback(undefined), resolveFallback({})],
    ['retry', resolveRetry(undefined), resolveRetry({})],
    ['retryBudget', resolveRetryBudget(undefined), resolveRetryBudget({})],
    ['ejection', resolveEjection(undefined), resolveEjection({})],
    ['throttle', resolveThrottle(undefined), resolveThrottle({})],
    ['timeout', resolveTimeout('1.5s'), resolveTimeout({ duration: '1.5s' })],
    ['pipeline', resolvePipeline('a'), resolvePipeline({ name: 'a' })],
    ['drain', resolveDrain(undefined), resolveDrain({})],
    ['standard', plainStandard(), z.parse(standardSchema(), {})],
    ['resilientFetch', resolveFetch(undefined), resolveFetch({})],
    ['resilience', resolveResilience(undefined), resolveResilience({})],
    ['resilientRequest', resolveRequest(undefined), resolveRequest({})],
  ])('%s', (_, plain, parsed) => {
    expect(plain).toStrictEqual(parsed);
  });
});
