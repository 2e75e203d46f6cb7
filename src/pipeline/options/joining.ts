/** A registry, made by {@link registry}, of any copy of this package. */
export interface AnyRegistry {
  /** How many members it has. */
  readonly size: number;
  /** Whether it has a member of this name. */
  has(name: string): boolean;
}

/** The options by which something joins a registry. */
export interface JoinOptions {
  /** The registry to join under its name: `true` is the default one. Default: none. */
  readonly registry?: true | AnyRegistry | undefined;
  /** Whether this process cannot do its work without it: the registry's `require()` and `health()` go by that. Needs `registry`. Default false. */
  readonly critical?: boolean | undefined;
}

/** The kind of a registry's mark. */
export const REGISTRY = 'registry';
