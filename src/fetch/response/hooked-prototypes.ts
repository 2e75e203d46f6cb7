/**
 * For each kind of object, the one that hooked instances inherit from in its place: a few methods put between an instance and its
 * prototype, where methods of its own would cost a definition each, each time.
 */
export interface HookedPrototypes {
  /** The latest kind that was hooked, and what stands in its place: one after another is of the same kind. */
  last: { readonly kind: object; readonly hooked: object } | undefined;
  readonly byKind: WeakMap<object, object>;
  readonly made: WeakSet<object>;
  readonly methods: (kind: Readonly<Record<PropertyKey, unknown>>) => object;
}

/** @param methods What instances of a kind get; names that the kind has not are left out. */
export function hookedPrototypes(methods: HookedPrototypes['methods']): HookedPrototypes {
  return { last: undefined, byKind: new WeakMap(), made: new WeakSet(), methods };
}

/** Hooks an instance. Answers whether it could be: a frozen one stays as it is. */
export function hookInstance(instance: object, kinds: HookedPrototypes): boolean {
  const kind = Object.getPrototypeOf(instance) as object | null;
  const { last } = kinds;
  const known = last?.kind === kind ? last?.hooked : undefined;
  if (known === undefined && (kind === null || kinds.made.has(kind))) return kind !== null;
  try {
    const hooked = known ?? hookedKindOf(kind as object, kinds);
    if (known === undefined) kinds.last = { kind: kind as object, hooked };
    Object.setPrototypeOf(instance, hooked);
    return true;
  } catch {
    return false;
  }
}

function hookedKindOf(kind: object, { byKind, made, methods }: HookedPrototypes): object {
  let hooked = byKind.get(kind);
  if (hooked === undefined) {
    hooked = Object.create(kind) as object;
    const own = Object.getOwnPropertyDescriptors(
      methods(kind as Readonly<Record<PropertyKey, unknown>>),
    ) as Record<PropertyKey, PropertyDescriptor>;
    for (const name of Reflect.ownKeys(own)) {
      if (!(name in kind)) continue;
      Object.defineProperty(hooked, name, { ...own[name as string], enumerable: false });
    }
    byKind.set(kind, hooked);
    made.add(hooked);
  }
  return hooked;
}
