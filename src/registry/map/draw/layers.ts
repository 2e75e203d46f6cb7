import type { Graph, GraphEdge } from './graph.js';

/** Where everything stands. Numbers below the count of the nodes are their places in the graph. */
export interface Layers {
  /** What is in each layer, in order: nodes, and places where an edge passes on its way to a later layer. */
  readonly layers: readonly (readonly number[])[];
  /** The places where each edge passes. `undefined` for one that leads back. */
  readonly passes: ReadonlyMap<GraphEdge, readonly number[]>;
}

/** How often the order within the layers is improved. */
const SWEEPS = 3;
/** How many such places there are at most. Edges without them may run behind cards. Without a bound, they are as many as nodes times edges. */
const MAX_PASSES = 20_000;

/** Puts the nodes into layers: each behind all that call it, as far as they do not call each other in a circle. */
export function layersOf({ nodes, edges }: Graph): Layers {
  const forward = withoutCircles(nodes.length, edges);
  const layerOf = new Array<number>(nodes.length).fill(0);
  // In this order, all edges to a node come before those from it.
  for (const { from, to } of forward) {
    layerOf[to] = Math.max(layerOf[to] as number, (layerOf[from] as number) + 1);
  }
  const layers: number[][] = Array.from({ length: highest(layerOf) + 1 }, () => []);
  const callers: number[][] = nodes.map(() => []);
  for (const [i, layer] of layerOf.entries()) layers[layer]?.push(i);
  const passes = new Map<GraphEdge, number[]>();
  for (const edge of forward) {
    const { from, to } = edge;
    const via: number[] = [];
    let last = from;
    const end = layerOf[to] as number;
    const fits = callers.length + end - (layerOf[from] as number) <= nodes.length + MAX_PASSES;
    for (let layer = (layerOf[from] as number) + 1; fits && layer < end; layer++) {
      const pass = callers.length;
      callers.push([last]);
      layers[layer]?.push(pass);
      via.push(pass);
      last = pass;
    }
    callers[to]?.push(last);
    passes.set(edge, via);
  }
  sortAll(layers, callers);
  return { layers: layers.filter((layer) => layer.length > 0), passes };
}

/** The highest of these, 0 at least. They may be too many for arguments. */
export function highest(numbers: readonly number[]): number {
  return numbers.reduce((most, each) => Math.max(most, each), 0);
}

/** Sorts each layer by where those stand that lead there, so that fewer edges cross. */
function sortAll(layers: readonly number[][], callers: readonly (readonly number[])[]): void {
  const place = new Array<number>(callers.length).fill(0);
  const note = (layer: readonly number[]) => {
    for (const [i, each] of layer.entries()) place[each] = (i + 0.5) / layer.length;
  };
  const wanted = (of: number) => {
    const all = callers[of] as readonly number[];
    return all.reduce((sum, each) => sum + (place[each] as number), 0) / all.length;
  };
  for (const layer of layers) note(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers.slice(1)) {
      const middle = new Map(layer.map((each) => [each, wanted(each)]));
      layer.sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number));
      note(layer);
    }
  }
}

/** The edges without those that lead back, in topological order of where they begin. */
function withoutCircles(count: number, edges: readonly GraphEdge[]): GraphEdge[] {
  const out: number[][] = Array.from({ length: count }, () => []);
  const called = new Set<number>();
  for (const { from, to } of edges) {
    out[from]?.push(to);
    if (from !== to) called.add(to);
  }
  const all = Array.from({ length: count }, (_, i) => i);
  // Begin where nobody calls. What is left then is in circles.
  const starts = [...all.filter((i) => !called.has(i)), ...all];
  const state = new Uint8Array(count);
  const done: number[] = [];
  const back = new Set<string>();
  for (const start of starts) {
    if (state[start] !== 0) continue;
    // No recursion: a chain may be long.
    const path = [{ node: start, next: 0 }];
    state[start] = 1;
    while (path.length > 0) {
      const top = path.at(-1) as { node: number; next: number };
      const to = out[top.node]?.[top.next++];
      if (to === undefined) {
        state[top.node] = 2;
        done.push(top.node);
        path.pop();
      } else if (state[to] === 1) {
        back.add(`${top.node} ${to}`);
      } else if (state[to] === 0) {
        state[to] = 1;
        path.push({ node: to, next: 0 });
      }
    }
  }
  const order = new Map(done.reverse().map((node, i) => [node, i]));
  return edges
    .filter(({ from, to }) => !back.has(`${from} ${to}`))
    .sort((a, b) => (order.get(a.from) as number) - (order.get(b.from) as number));
}
