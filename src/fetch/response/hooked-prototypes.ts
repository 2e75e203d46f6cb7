/**
 * Puts a few methods between instances and their prototype. For each prototype there is one object with the methods, from which hooked
 * instances inherit instead. Own methods would cost a definition each on every instance.
 */
export interface HookedPrototypes {
  /** The last prototype that was hooked, and its replacement. Usually the next instance has the same prototype. */
  last: { readonly kind: object; readonly hooked: object } | undefined;
  readonly byKind: WeakMap<object, object>;
  readonly made: WeakSet<object>;
  readonly methods: (kind: Readonly<Record<PropertyKey, unknown>>) => object;
}

/** @param methods Makes the methods for a prototype. Names that the prototype does not have are left out. */
export function hookedPrototypes(methods: HookedPrototypes['methods']): HookedPrototypes {
  return { last: undefined, byKind: new WeakMap(), made: new WeakSet(), methods };
}

/** Hooks an instance. Returns whether that was possible: a frozen instance stays as it is. */
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
