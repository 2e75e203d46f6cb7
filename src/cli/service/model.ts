import type { Pointer } from './references.js';
import type { Shape } from './shape.js';

/** What is read from a document, and what is written from: a service, its operations and the schemas that they name. */
export interface ServiceModel {
  readonly title: string;
  readonly version: string;
  readonly about?: string;
  readonly baseUrl: string;
  readonly operations: readonly OperationModel[];
  /** Operations that cannot be declared, each with the reason. */
  readonly leftOut: readonly string[];
  /** The schemas that others refer to, by where they stand. */
  readonly named: ReadonlyMap<Pointer, NamedShape>;
  /** What the reader of the file has to know, about all of it. */
  readonly notes: readonly string[];
}

export interface NamedShape {
  readonly shape: Shape;
  readonly about?: string;
}

export interface OperationModel {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly summary?: string;
  readonly deprecated: boolean;
  readonly params: readonly ParameterModel[];
  readonly query: readonly ParameterModel[];
  /** Whether the query may have more than what is listed. */
  readonly openQuery: boolean;
  readonly headers: readonly ParameterModel[];
  readonly idempotencyKey: boolean;
  readonly body?: 'raw' | { readonly shape: Shape; readonly required: boolean };
  readonly response?: Shape;
  readonly as?: 'text' | 'response';
  readonly errors: readonly { readonly key: string; readonly shape: Shape }[];
  /** What does not fit into a declaration, in words. */
  readonly notes: readonly string[];
}

export interface ParameterModel {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly about?: string;
}
