import { once } from '../../config/once.js';
import type { Unchecked } from './record.js';
import { isRecord } from './record.js';

/** The table of known codes, by the status of HTTP that says the same. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: `BAD_REQUEST BAD_USER_INPUT GRAPHQL_PARSE_FAILED GRAPHQL_VALIDATION_FAILED OPERATION_RESOLUTION_FAILURE PARSING_ERROR
    VALIDATION_FAILED PARSE_FAILED PERSISTED_QUERY_NOT_SUPPORTED PERSISTED_QUERY_ID_REQUIRED MAX_COST_EXCEEDED CONSTRAINT_VIOLATION`,
  401: 'UNAUTHENTICATED AUTH_NOT_AUTHENTICATED INVALID_JWT',
  403: 'FORBIDDEN ACCESS_DENIED AUTH_NOT_AUTHORIZED UNAUTHORIZED_FIELD_OR_TYPE',
  404: 'NOT_FOUND PERSISTED_QUERY_NOT_FOUND',
  409: 'CONFLICT',
  429: 'RATE_LIMITED RATE_LIMIT_EXCEEDED TOO_MANY_REQUESTS THROTTLED REQUEST_RATE_LIMITED',
  500: 'INTERNAL_SERVER_ERROR INTERNAL_ERROR UNEXPECTED',
  502: 'BAD_GATEWAY DOWNSTREAM_SERVICE_ERROR SUBREQUEST_HTTP_ERROR SUBREQUEST_MALFORMED_RESPONSE',
  503: 'SERVICE_UNAVAILABLE UNAVAILABLE OVERLOADED REQUEST_CONCURRENCY_LIMITED',
  504: 'TIMEOUT GATEWAY_TIMEOUT REQUEST_TIMEOUT HC0045',
};

const statuses = /* @__PURE__ */ once(() => {
  const byCode = new Map<string, number>();
  for (const [status, codes] of Object.entries(BY_STATUS)) {
    for (const code of codes.split(/\s+/)) byCode.set(code, Number(status));
  }
  return byCode;
});

/** The code of an error: in its `extensions`, or its `type` as GitHub has it. */
export function codeOf(error: Unchecked): string | undefined {
  const { extensions, type } = error;
  const code = (isRecord(extensions) ? extensions['code'] : undefined) ?? type;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The status of HTTP that says the same as a code of Apollo Server and Router, GraphQL Yoga and Envelop, Hasura, Hot Chocolate, Shopify or
 * GitHub. `undefined` for others. Upper and lower case, `-` and `_` are the same.
 */
export function statusOfCode(code: string | undefined): number | undefined {
  return code === undefined ? undefined : statuses().get(code.toUpperCase().replaceAll('-', '_'));
}
