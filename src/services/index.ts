/** 'holdfast/services': services that are declared once, with the contract of each operation. */

export type { ClientState } from '../fetch/client/client.js';
export type { BodiesDrained, ClientDrained } from '../fetch/client/drain.js';
export type { BodyOf, ResilientFetch, ResilientInit } from '../fetch/client/resilient-fetch.js';
export type { ClientOptions, FetchHeaders, FetchPolicies } from '../fetch/options.js';
export type { Classify, FetchOverrides } from '../fetch/overrides.js';
export type {
  BeforeAttempt,
  BeforeAttemptAnswer,
  UpcomingAttempt,
} from '../fetch/request/before-attempt.js';
export type { BodyFactory } from '../fetch/request/body.js';
export type { OutgoingRequest } from '../fetch/request/request.js';
export { rateLimitHeaders } from '../fetch/retry/quota-headers.js';
export type {
  AbortStateLike,
  FetchInit,
  FetchInput,
  FetchLike,
  FetchResponse,
  HeadersLike,
  HeadersSource,
  HostFetch,
  ResponseLike,
} from '../fetch/types.js';
export { mapToMermaid } from '../registry/map/draw/to-mermaid.js';
export { mapToSvg } from '../registry/map/draw/to-svg.js';
export { joinMaps } from '../registry/map/join-maps.js';
export type { MapEdge, MapNode, MapState, ServiceMap } from '../registry/map/service-map.js';
export type {
  BodyFault,
  BodyPart,
  CallOptions,
  CheckedOperations,
  ErrorOf,
  ErrorWith,
  FallbackFault,
  FallbackOf,
  FieldsPart,
  HeadersPart,
  InputOf,
  OperationFunction,
  OptionalPart,
  OutputOf,
  ParamNames,
  ParamsFault,
  ParamsPart,
  PathValue,
  QueryPart,
  RequestOf,
  ReservedName,
  ResultOf,
  UnknownFault,
} from './call-types.js';
export type { ContractOptions } from './contract/options.js';
export type { ContractFault, ContractReport } from './contract/report.js';
export type {
  AnyAnswer,
  AnySchema,
  BaseUrl,
  ErrorKey,
  FallbackContext,
  Method,
  OperationDeclaration,
  OperationOverrides,
  Operations,
  RawBody,
  ReadAs,
  ServiceDeclaration,
} from './declaration.js';
export type { ServiceCallFacts, ServiceContractErrorInit, ServiceErrorInit } from './errors.js';
export { ServiceContractError, ServiceError } from './errors.js';
export type { GraphqlKind } from './graphql/document.js';
export type { GraphqlError, GraphqlJudging, GraphqlOptions } from './graphql/options.js';
export type { GraphqlOperation } from './graphql/request.js';
export type { GraphqlRules } from './graphql/rules.js';
export { graphqlRules, isGraphqlFailure } from './graphql/rules.js';
export type { OpenApiDocument } from './openapi/open-api-document.js';
export type { OpenApiOptions } from './openapi/open-api-of.js';
export { openApiOf } from './openapi/open-api-of.js';
export type { Service, ServiceState } from './service.js';
export { defineService } from './service.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
