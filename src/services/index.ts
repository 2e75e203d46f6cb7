/** 'holdfast/services': services that are declared once, with the contract of each operation. */

export type { ContractOptions } from './contract/options.js';
export type { ContractFault, ContractReport } from './contract/report.js';
export type {
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
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
