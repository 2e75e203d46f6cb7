/** 'holdfast/services': services that are declared once, with the contract of each operation. */

export { mapToMermaid } from '../registry/map/draw/to-mermaid.js';
export { mapToSvg } from '../registry/map/draw/to-svg.js';
export { joinMaps } from '../registry/map/join-maps.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
