import type { Graph } from './graph.js';

/** Where each node stands, by its place in the graph. */
export interface Layers {
  /** The nodes of each layer, in order. Callers come before what they call, as far as they do not call each other in a circle. */
  readonly layers: readonly (readonly number[])[];
  /** The layer of each node. */
  readonly layerOf: readonly number[];
}

/** How often the order within the layers is improved. */
const SWEEPS = 2;

/** Puts the nodes into layers: each behind all that call it. */
export function layersOf({ nodes, edges }: Graph): Layers {
  const forward = withoutCircles(nodes.length, edges);
  const layerOf = new Array<number>(nodes.length).fill(0);
  // `forward` is in an order in which all edges to a node come before those from it.
  for (const { from, to } of forward) {
    layerOf[to] = Math.max(layerOf[to] as number, (layerOf[from] as number) + 1);
  }
  const layers: number[][] = Array.from({ length: Math.max(0, ...layerOf) + 1 }, () => []);
  for (const [i, layer] of layerOf.entries()) layers[layer]?.push(i);
  const place = new Array<number>(nodes.length).fill(0);
  const note = (layer: readonly number[]) => {
    for (const [i, node] of layer.entries()) place[node] = i / layer.length;
  };
  for (const layer of layers) note(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers.slice(1)) {
      const middle = new Map(
        layer.map((node) => {
          const callers = forward.filter(({ to }) => to === node).map(({ from }) => place[from]);
          const sum = (callers as number[]).reduce((all, each) => all + each, 0);
          return [node, sum / callers.length];
        }),
      );
      layer.sort((a, b) => (middle.get(a) as number) - (middle.get(b) as number));
      note(layer);
    }
  }
  return { layers: layers.filter((layer) => layer.length > 0), layerOf };
}

interface Edge {
  readonly from: number;
  readonly to: number;
}

/** The edges without those that lead back, in topological order of where they begin. */
function withoutCircles(count: number, edges: readonly Edge[]): Edge[] {
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
