/**
 * A schema of any library that has the Standard Schema interface, version 1 (https://standardschema.dev): zod, valibot, arktype and others.
 * `Input` is what it accepts, `Output` what it makes of that.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface itself. */
  readonly '~standard': {
    /** The version of the interface. */
    readonly version: 1;
    /** The library. */
    readonly vendor: string;
    /** Checks a value. Libraries may answer at once or later. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** In types only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema says of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One fault that a schema has found. */
export interface SchemaIssue {
  /** What is wrong. It may quote the value. */
  readonly message: string;
  /** Where it is. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
