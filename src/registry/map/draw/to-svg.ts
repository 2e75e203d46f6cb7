import { assertMap } from '../assert-map.js';
import type { MapEdge, MapNode, ServiceMap } from '../service-map.js';
import type { Graph } from './graph.js';
import { graphOf, kindsOf } from './graph.js';
import type { Card, Line } from './layout.js';
import { CARD, LABEL, layoutOf } from './layout.js';
import { MAP_STYLE } from './style.js';
import { cut, kindOf, measuresOf, nameOf, oneLine, stateOf } from './texts.js';

/** How many letters fit. */
const NAME = 25;
const ABOUT = 36;
const EDGE = 46;
/** Where there is room, a name may be long, but not endless: it is said again for each edge. */
const WHOLE = 200;

/** Escapes a text for elements and attributes. */
function xml(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
}

/**
 * Draws a map as one SVG without scripts and fonts, for light and dark pages. Critical dependencies have a thick frame and say so. The state of each edge is
 * a word, a colour and a kind of line.
 *
 * @throws TypeError when it is no map.
 * @example
 * writeFileSync('map.svg', mapToSvg(await defaultRegistry.map()));
 */
export function mapToSvg(map: ServiceMap): string {
  assertMap('mapToSvg', map);
  const graph = graphOf(map);
  const { width, height, cards, lines } = layoutOf(graph);
  const kinds = kindsOf(graph);
  const services = graph.nodes.filter(({ kind }) => kind === 'service').map(({ name }) => name);
  const title = `Dependencies of ${services.length > 0 ? cut(services.join(', '), WHOLE) : 'no service'}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="hf-map" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${xml(title)}</title>
<desc>${xml(described(graph))}</desc>
<style>${MAP_STYLE}</style>
<rect class="hf-ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${[...lines.map(lineOf), ...lines.map(labelOf), ...cards.map((card) => cardOf(card, graph.nodes[card.node] as MapNode, kinds[card.node]))].join('\n')}
</svg>
`;
}

/** The same in sentences, for those who do not see it. */
function described({ nodes, edges }: Graph): string {
  const sentences = edges.map(({ from, to, edge }) => {
    const called = nodes[to] as MapNode;
    const what = [stateOf(edge), ...measuresOf(edge)].join(', ');
    const critical = called.critical ? ' (critical)' : '';
    const caller = nameOf(nodes[from] as MapNode, WHOLE);
    return `${caller} calls ${nameOf(called, WHOLE)}${critical}: ${what}.`;
  });
  return sentences.length > 0 ? sentences.join(' ') : 'There are no dependencies.';
}

const STATES: ReadonlySet<string> = new Set(['closed', 'half_open', 'open', 'isolated']);
const STATUSES: ReadonlySet<string> = new Set(['ok', 'degraded', 'down']);

function classOf({ state, status }: MapEdge): string {
  // That there is no breaker is neither good nor bad.
  if (state === undefined && status === 'ok') return 'hf-plain';
  const known = STATUSES.has(status) ? status : 'ok';
  return state !== undefined && STATES.has(state) ? `hf-${known} hf-${state}` : `hf-${known}`;
}

function lineOf({ of: { edge }, path, x, y }: Line): string {
  const end = x + LABEL;
  const isShut = edge.state === 'open' || edge.state === 'isolated';
  // A cross in front of what nobody reaches, else an arrow.
  const head = isShut
    ? `M${end - 11} ${y - 5}l10 10m0 -10l-10 10`
    : `M${end - 9} ${y - 5}l8 5l-8 5`;
  return `<g class="hf-edge ${classOf(edge)}"><path class="hf-line" d="${path}"/><path class="hf-head" d="${head}"/></g>`;
}

function labelOf({ of: { edge }, x, y }: Line): string {
  const state = cut(stateOf(edge), EDGE);
  const measures = cut(measuresOf(edge).join(' · '), EDGE);
  return `<g class="${classOf(edge)}"><text class="hf-state" x="${x + 4}" y="${y - 6}">${xml(state)}</text><text x="${x + 4}" y="${y + 15}">${xml(measures)}</text></g>`;
}

function cardOf(
  { x, y, height }: Card,
  node: MapNode,
  kinds: readonly string[] | undefined,
): string {
  const about = cut(kindOf(node, kinds), ABOUT - (node.critical ? 9 : 0));
  const middle = y + height / 2;
  const kind = node.kind === 'service' ? 'hf-service' : 'hf-dependency';
  const critical = node.critical ? '<tspan class="hf-critical">critical</tspan> · ' : '';
  return `<g class="${kind}${node.critical ? ' hf-vital' : ''}"><title>${xml(nameOf(node, WHOLE))}</title>
<rect class="hf-card" x="${x}" y="${y}" width="${CARD.width}" height="${height}" rx="${node.kind === 'service' ? 14 : 4}"/>
<text class="hf-name" x="${x + 14}" y="${middle - 4}">${xml(nameOf(node, NAME))}</text>
<text x="${x + 14}" y="${middle + 14}">${critical}${xml(about)}</text></g>`;
}
