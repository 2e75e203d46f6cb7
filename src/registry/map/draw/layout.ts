import type { Graph, GraphEdge } from './graph.js';
import { highest, layersOf } from './layers.js';

/** The measures of a card, in pixels. Each edge that leads there takes a row. */
export const CARD = { width: 236, height: 52, row: 46 } as const;
/** In front of each card is room for what its edges say. */
export const LABEL = 276;
const GAP = 18;
const PASS = 10;
const BEND = 72;
const MARGIN = 20;
/** How far apart edges are that lead back. */
const LANE = 14;

/** A node, or an edge that passes, and where it is. */
export interface Card {
  /** Its place in the graph. */
  readonly node: number;
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** An edge, the line that it is, and where its label begins. */
export interface Line {
  readonly of: GraphEdge;
  readonly path: string;
  readonly x: number;
  /** The height of the line at the label. */
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
  const { layers, passes } = layersOf(graph);
  const into: GraphEdge[][] = graph.nodes.map(() => []);
  for (const edge of graph.edges) into[edge.to]?.push(edge);
  const heightOf = (each: number): number => {
    const edges = into[each];
    return edges === undefined ? PASS : Math.max(CARD.height, CARD.row * edges.length);
  };
  const heights = layers.map((layer) =>
    layer.reduce((sum, each) => sum + heightOf(each) + GAP, -GAP),
  );
  const tallest = highest(heights);
  // The first column has labels only if an edge leads back there.
  const isLabelled = layers[0]?.some((each) => (into[each]?.length ?? 0) > 0) === true;
  const left = MARGIN + (isLabelled ? LABEL + 2 * LANE : 0);
  const step = CARD.width + BEND + LABEL;
  const placed = new Map<number, Card>();
  for (const [column, layer] of layers.entries()) {
    let y = Math.round(MARGIN + (tallest - (heights[column] as number)) / 2);
    for (const node of layer) {
      const height = heightOf(node);
      placed.set(node, { node, x: left + column * step, y, height });
      y += height + GAP;
    }
  }
  const at = (each: number) => placed.get(each) as Card;
  /** Where an edge was last, before the node that it leads to. */
  const before = (edge: GraphEdge) => at(passes.get(edge)?.at(-1) ?? edge.from);
  const cards = [...placed.values()].filter(({ node }) => node < graph.nodes.length);
  let lanes = 0;
  const lines = cards.flatMap((card) => {
    const edges = [...(into[card.node] as GraphEdge[])].sort(
      (a, b) => middleOf(before(a)) - middleOf(before(b)),
    );
    return edges.map((of, i): Line => {
      const y = round(card.y + (card.height * (i + 0.5)) / edges.length);
      const via = passes.get(of)?.map(at);
      const path =
        via === undefined
          ? pathBack(at(of.from), card, y, MARGIN + tallest + LANE * ++lanes)
          : pathOn(at(of.from), via, card, y);
      return { of, path, x: card.x - LABEL, y };
    });
  });
  return {
    width:
      left + Math.max(0, layers.length - 1) * step + CARD.width + MARGIN + (lanes > 0 ? LANE : 0),
    height: tallest + 2 * MARGIN + lanes * LANE,
    cards,
    lines,
  };
}

const middleOf = ({ y, height }: Card): number => round(y + height / 2);
const round = (value: number): number => Math.round(value * 10) / 10;

/** An edge to a later column. It goes through gaps between the cards. */
function pathOn(from: Card, via: readonly Card[], to: Card, y: number): string {
  const right = ({ x }: Card) => x + CARD.width;
  let path = `M${right(from)} ${middleOf(from)}`;
  let last = middleOf(from);
  const bend = (x: number, height: number) => {
    path += `C${x - BEND / 2} ${last} ${x - BEND / 2} ${height} ${x} ${height}`;
    last = height;
  };
  for (const pass of via) {
    bend(pass.x - LABEL, middleOf(pass));
    path += `H${right(pass)}`;
  }
  bend(to.x - LABEL, y);
  return `${path}H${to.x}`;
}

/** An edge that leads back goes below everything. */
function pathBack(from: Card, to: Card, y: number, below: number): string {
  const right = from.x + CARD.width + LANE;
  const left = to.x - LABEL - LANE;
  const r = 7;
  const out = middleOf(from) + 8;
  return `M${from.x + CARD.width} ${out}H${right - r}q${r} 0 ${r} ${r}V${below - r}q0 ${r} ${-r} ${r}H${left + r}q${-r} 0 ${-r} ${-r}V${y + r}q0 ${-r} ${r} ${-r}H${to.x}`;
}
