import { hintAmongPolicies } from '../policies/elsewhere.js';

/** Says where an unknown option of a client or of a call goes. It knows the names of ky, got, axios and others. */
export const clientHint = /* @__PURE__ */ hintAmongPolicies({
  classify:
    'isFailure isError shouldRetry retryCondition retryOn retryIf retryOnStatus shouldHandle statusCodes retryStatusCodes retryableStatuses retryableStatusCodes validateStatus',
  idempotent: 'methods retryMethods retryableMethods allowedMethods',
  baseUrl: 'base baseURL baseUri prefixUrl prefix rootUrl url origin host',
  beforeAttempt: 'hooks beforeRequest onRequest onAttempt interceptors requestInterceptor',
  fetch: 'fetchFn fetcher fetchImpl fetchImplementation transport adapter',
  telemetry: 'metrics tracing otel',
});
