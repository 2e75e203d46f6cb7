import type { Graph, GraphEdge } from './graph.js';
import { layersOf } from './layers.js';

/** The measures of a drawing, in pixels. */
export const CARD = { width: 236, height: 52, row: 46, gap: 18 } as const;
/** In front of each card is room for what its edges say. */
export const LABEL = 210;
const BEND = 72;
const MARGIN = 20;
/** How far apart edges are that lead back. */
const LANE = 14;

/** A node and where it is. */
export interface Card {
  /** Its place in the graph. */
  readonly node: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** An edge, with the line that it is, and the middle of its label. */
export interface Line {
  readonly of: GraphEdge;
  readonly path: string;
  /** Where the label begins, and the height of the line there. */
  readonly x: number;
  readonly y: number;
}

/** A drawing without its texts. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly cards: readonly Card[];
  readonly lines: readonly Line[];
}

/** Places the nodes in columns, from left to right. Each edge has a row in front of the node that it leads to, so no label covers another. */
export function layoutOf(graph: Graph): Layout {
  const { layers, layerOf } = layersOf(graph);
  const into = graph.nodes.map((_, i) => graph.edges.filter(({ to }) => to === i));
  const heightOf = (node: number) =>
    Math.max(CARD.height, CARD.row * (into[node] as GraphEdge[]).length);
  const heights = layers.map((layer) =>
    layer.reduce((sum, node) => sum + heightOf(node) + CARD.gap, -CARD.gap),
  );
  const tallest = Math.max(0, ...heights);
  // The first column has room for labels only if an edge leads there.
  const first = (layers[0] ?? []).some((node) => (into[node] as GraphEdge[]).length > 0);
  const left = MARGIN + (first ? LABEL + LANE * 2 : 0);
  const step = CARD.width + BEND + LABEL;
  const cards = new Map<number, Card>();
  for (const [column, layer] of layers.entries()) {
    let y = MARGIN + (tallest - (heights[column] as number)) / 2;
    for (const node of layer) {
      const height = heightOf(node);
      cards.set(node, { node, x: left + column * step, y, height });
      y += height + CARD.gap;
    }
  }
  let lanes = 0;
  const lines = [...cards.values()].flatMap((card) => {
    const edges = [...(into[card.node] as GraphEdge[])].sort(
      (a, b) => middleOf(cards.get(a.from) as Card) - middleOf(cards.get(b.from) as Card),
    );
    return edges.map((of, i): Line => {
      const from = cards.get(of.from) as Card;
      const y = card.y + (card.height * (i + 0.5)) / edges.length;
      const x = card.x - LABEL;
      const isBack = (layerOf[of.from] as number) >= (layerOf[of.to] as number);
      const path = isBack
        ? backPath(from, card, y, MARGIN + tallest + LANE * ++lanes)
        : `M${from.x + CARD.width} ${round(middleOf(from))}C${from.x + CARD.width + BEND} ${round(middleOf(from))} ${x - BEND} ${round(y)} ${x} ${round(y)}H${card.x}`;
      return { of, path, x, y };
    });
  });
  const columns = layers.length;
  const right = lanes > 0 ? LANE * 2 : 0;
  return {
    width: left + Math.max(0, columns - 1) * step + CARD.width + MARGIN + right,
    height: Math.round(tallest + 2 * MARGIN + lanes * LANE),
    cards: [...cards.values()],
    lines,
  };
}

const middleOf = ({ y, height }: Card): number => y + height / 2;
const round = (value: number): number => Math.round(value * 10) / 10;

/** An edge that leads back goes below everything. */
function backPath(from: Card, to: Card, y: number, below: number): string {
  const right = from.x + CARD.width + LANE;
  const left = to.x - LABEL - LANE;
  const r = 7;
  const out = round(middleOf(from) + 8);
  const end = round(y);
  const up = round(below);
  return `M${from.x + CARD.width} ${out}H${right - r}q${r} 0 ${r} ${r}V${up - r}q0 ${r} ${-r} ${r}H${left + r}q${-r} 0 ${-r} ${-r}V${end + r}q0 ${-r} ${r} ${-r}H${to.x}`;
}
