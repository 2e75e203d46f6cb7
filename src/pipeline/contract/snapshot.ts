/** What a pipeline is doing now, as plain JSON. `Policies` is what its type knows of its policies: see {@link PoliciesOf}. */
export interface PipelineSnapshot<Policies = unknown> {
  /** Its name. */
  readonly name: string;
  /** Which copy of a keyed pipeline it is. */
  readonly key?: string;
  /** Calls that have started and not settled. */
  readonly inFlight: number;
  /** The state of each policy that keeps any, by the policy's name in this pipeline. */
  readonly policies: Readonly<Record<string, unknown>> & Policies;
}

/**
 * The snapshots of the policies in a list, by name, as far as types can tell. A policy is named by its `name`, else by its `type`; a nested
 * pipeline brings its policies along. The second policy of a name is numbered at run time (`circuit_breaker_2`). It is not in here, and one
 * whose name is any `string` is not either. Both are `unknown` in a snapshot.
 */
export type PoliciesOf<Layer> = (
  Layer extends unknown
    ? 'states' extends keyof Layer
      ? NonNullable<Layer['states']> extends () => infer Nested
        ? { [Name in keyof Nested]: [name: Name, state: Nested[Name]] }[keyof Nested]
        : never
      : Layer extends { snapshot(): infer State }
        ? 'name' extends keyof Layer
          ? [name: Exclude<Layer['name'], undefined>, state: State]
          : [name: Layer['type' & keyof Layer], state: State]
        : never
    : never
) extends infer Entry extends [name: unknown, state: unknown]
  ? {
      readonly [Each in Entry as string extends Each[0] ? never : Each[0] & string]: Each[1];
    }
  : never;
