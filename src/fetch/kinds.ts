/**
 * For each kind of object, the one that hooked instances inherit from in its place: a few methods put between an instance and its
 * prototype, where methods of its own would cost a definition each, each time.
 */
export interface Kinds {
  readonly byKind: WeakMap<object, object>;
  readonly made: WeakSet<object>;
  readonly methods: (kind: Readonly<Record<PropertyKey, unknown>>) => object;
}

/** @param methods What instances of a kind get; names that the kind has not are left out. */
export function kindsOf(methods: Kinds['methods']): Kinds {
  return { byKind: new WeakMap(), made: new WeakSet(), methods };
}

/** Hooks an instance. Answers whether it could be: a frozen one stays as it is. */
export function inheritFrom(instance: object, kinds: Kinds): boolean {
  const kind = Object.getPrototypeOf(instance) as object | null;
  if (kind === null || kinds.made.has(kind)) return kind !== null;
  try {
    Object.setPrototypeOf(instance, hookedKindOf(kind, kinds));
    return true;
  } catch {
    return false;
  }
}

function hookedKindOf(kind: object, { byKind, made, methods }: Kinds): object {
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
