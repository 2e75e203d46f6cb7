import type { NamedShape } from './model.js';
import type { Pointer } from './references.js';
import { partsOf, refsIn, type Shape, sameValueParts } from './shape.js';

/** How named schemas depend on each other. */
export interface SchemaGraph {
  /** Each after those that it is made from, as far as that is possible. */
  readonly order: readonly Pointer[];
  /** Whether both are in one circle, so that one of them is not there yet when the other is made. */
  inOneCircle(one: Pointer, other: Pointer): boolean;
  /** Whether a schema is in a circle. */
  isRecursive(pointer: Pointer): boolean;
  /** Whether a schema stands for itself, with nothing between: no value decides what it is. */
  isEndless(from: Pointer, to: Pointer): boolean;
}

export function graphOf(named: ReadonlyMap<Pointer, NamedShape>): SchemaGraph {
  const edges = (parts: (shape: Shape) => readonly Shape[]) =>
    new Map(
      [...named].map(([pointer, { shape }]) => [pointer, [...refsIn(shape, parts)]] as const),
    );
  const all = circlesOf(edges(partsOf));
  const endless = circlesOf(edges(sameValueParts));
  return {
    order: all.order,
    inOneCircle: (one, other) => all.isCircle(one) && all.groupOf(one) === all.groupOf(other),
    isRecursive: all.isCircle,
    isEndless: (from, to) =>
      endless.isCircle(from) && endless.groupOf(from) === endless.groupOf(to),
  };
}

/** The circles of a graph (its strongly connected components, by Tarjan's algorithm), innermost first. */
function circlesOf(edges: ReadonlyMap<Pointer, readonly Pointer[]>) {
  const indexes = new Map<Pointer, number>();
  const groups = new Map<Pointer, number>();
  const sizes: number[] = [];
  const order: Pointer[] = [];
  const open: Pointer[] = [];
  const visit = (pointer: Pointer): number => {
    const own = indexes.size;
    indexes.set(pointer, own);
    open.push(pointer);
    let first = own;
    for (const to of edges.get(pointer) ?? []) {
      const known = indexes.get(to);
      if (known === undefined) first = Math.min(first, visit(to));
      else if (!groups.has(to)) first = Math.min(first, known);
    }
    if (first === own) {
      const group = open.splice(open.indexOf(pointer));
      for (const each of group) groups.set(each, sizes.length);
      order.push(...group.reverse());
      sizes.push(group.length);
    }
    return first;
  };
  for (const pointer of edges.keys()) if (!indexes.has(pointer)) visit(pointer);
  const groupOf = (pointer: Pointer): number => groups.get(pointer) ?? -1;
  return {
    order,
    groupOf,
    isCircle: (pointer: Pointer): boolean =>
      (sizes[groupOf(pointer)] ?? 0) > 1 || (edges.get(pointer) ?? []).includes(pointer),
  };
}

/** Every named schema that shapes refer to, directly or through others. */
export function reachable(
  named: ReadonlyMap<Pointer, NamedShape>,
  shapes: readonly Shape[],
): ReadonlySet<Pointer> {
  const found = new Set<Pointer>();
  const open = shapes.flatMap((shape) => [...refsIn(shape)]);
  for (let pointer = open.pop(); pointer !== undefined; pointer = open.pop()) {
    if (found.has(pointer)) continue;
    found.add(pointer);
    const shape = named.get(pointer)?.shape;
    if (shape !== undefined) open.push(...refsIn(shape));
  }
  return found;
}
