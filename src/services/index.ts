/** 'holdfast/services': services that are declared once, with the contract of each operation. */

export type { Classify } from '../fetch/options.js';
export type { OutgoingRequest } from '../fetch/request/request.js';
export type { FetchLike, HeadersLike, HostFetch, ResponseLike } from '../fetch/types.js';
export type { GraphqlKind } from './graphql/document.js';
export type { GraphqlError, GraphqlJudging, GraphqlOptions } from './graphql/options.js';
export type { GraphqlOperation } from './graphql/request.js';
export type { GraphqlRules } from './graphql/rules.js';
export { graphqlRules, isGraphqlFailure } from './graphql/rules.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
