import { assertMap } from '../assert-map.js';
import type { MapEdge, ServiceMap } from '../service-map.js';
import { graphOf, kindsOf } from './graph.js';
import { cut, kindOf, measuresOf, nameOf, stateOf } from './texts.js';

/** Letters of a name. */
const NAME = 60;

/** Everything that means something to Mermaid, Markdown or HTML is written as a number. */
function escaped(text: string): string {
  return text.replace(
    /[^\p{L}\p{M}\p{N} \u00a0.,:/@?=+…·_-]/gu,
    (each) => `#${each.codePointAt(0)};`,
  );
}

/** Names that begin so are Markdown to Mermaid, such as `1. payments`. */
const MARKDOWN = /^(?:\d+\.|[-+]) /;

const label = (...lines: readonly string[]): string => {
  const [first = '', ...rest] = lines.filter((line) => line !== '').map(escaped);
  const plain = MARKDOWN.test(first)
    ? first.replace(/[.+-]/, (each) => `#${each.charCodeAt(0)};`)
    : first;
  return `"${[plain, ...rest].join('<br/>')}"`;
};

const unbroken = (text: string): string => text.replaceAll(' ', '\u00a0');

/** A breaker that is shut ends in a cross. One that tries is dotted. */
function arrowOf({ state }: MapEdge): string {
  if (state === 'open' || state === 'isolated') return '--x';
  return state === 'half_open' ? '-.->' : '-->';
}

const HEAD = ['accTitle: Services and their dependencies', 'classDef critical stroke-width:4px'];

const COLOURS: ReadonlyMap<string, string> = new Map([
  ['down', '#d1242f'],
  ['degraded', '#bc4c00'],
]);

/**
 * Draws a map as a Mermaid flowchart, as GitHub and many wikis show it. Critical dependencies have a thick frame and say so. An edge to a breaker that lets
 * nobody in ends in a cross, and in a half-open one is dotted.
 *
 * @throws TypeError when it is no map.
 */
export function mapToMermaid(map: ServiceMap): string {
  assertMap('mapToMermaid', map);
  const graph = graphOf(map);
  const { nodes, edges } = graph;
  const kinds = kindsOf(graph);
  const drawn = nodes.map((node, i) => {
    const name = nameOf(node, NAME);
    const about = cut(kindOf(node, kinds[i]), NAME);
    const text = label(name, node.critical ? `critical · ${about}` : about);
    const shape = node.kind === 'service' ? `([${text}])` : `[${text}]`;
    return `n${i}${shape}${node.critical ? ':::critical' : ''}`;
  });
  const arrows = edges.map(({ from, to, edge }) => {
    const text = label(stateOf(edge), measuresOf(edge).map(unbroken).join(' · '));
    return `n${from} ${arrowOf(edge)}|${text}| n${to}`;
  });
  const styles = edges.flatMap(({ edge: { status } }, i) => {
    const colour = COLOURS.get(status);
    return colour === undefined ? [] : [`linkStyle ${i} stroke:${colour},stroke-width:2px`];
  });
  const lines = [...HEAD, ...drawn, ...arrows, ...styles].map((line) => `  ${line}\n`);
  return `flowchart LR\n${lines.join('')}`;
}
