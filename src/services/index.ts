/** 'holdfast/services': services that are declared once, with the contract of each operation. */

export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
