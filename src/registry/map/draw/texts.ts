import type { MapEdge, MapNode } from '../service-map.js';

/** Control characters, line ends, marks that turn the direction of a text, halves of characters, and what XML does not allow. */
const UNSEEN =
  /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/gu;

/** A text as one line. A name may come from another service, and must not be able to break out of its place. */
export function oneLine(text: string): string {
  return text.replace(UNSEEN, '\u{fffd}');
}

/** Letters that are about twice as wide as the others. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u30ff\uff00-\uff60]/u;
const THIN = /\p{M}/u;

const widthOf = (letter: string): number => (WIDE.test(letter) ? 2 : THIN.test(letter) ? 0 : 1);

/** A text as one line of at most so many letters. Where it is cut, it says so. */
export function cut(text: string, letters: number): string {
  const all = [...oneLine(text)];
  let width = 0;
  let fits = 0;
  for (const [i, letter] of all.entries()) {
    width += widthOf(letter);
    if (width <= letters - 1) fits = i + 1;
  }
  return width <= letters ? all.join('') : `${all.slice(0, fits).join('')}…`;
}

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Three digits are enough to see how it goes. */
function short(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(2)));
}

function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1%';
  if (value > 99.9 && value < 100) return '>99.9%';
  return `${Number(value.toPrecision(value >= 10 ? 3 : 2))}%`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${short(ms)} ms`;
  return ms < 100_000 ? `${short(ms / 1_000)} s` : `${short(ms / 60_000)} min`;
}

/** What is known of the calls of an edge: `12/s`, `4% errors`, `p99 230 ms`. */
export function measuresOf({ rate, errorShare, refusedShare, p99Ms }: MapEdge): string[] {
  return [
    ...(isNumber(rate) ? [`${short(rate)}/s`] : []),
    ...(isNumber(errorShare) ? [`${percent(errorShare)} errors`] : []),
    ...(isNumber(refusedShare) && refusedShare > 0 ? [`${percent(refusedShare)} refused`] : []),
    ...(isNumber(p99Ms) ? [`p99 ${duration(p99Ms)}`] : []),
  ];
}

/** A map, as a name from another service may be that of something that all objects have. */
const WORDS: ReadonlyMap<string | undefined, string> = new Map([
  ['closed', 'closed'],
  ['half_open', 'half-open'],
  ['open', 'open'],
  ['isolated', 'isolated'],
]);

/** What the reasons of a health report are called in a drawing. Those of a breaker are its state. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['failing', 'failing'],
  ['limit_at_floor', 'limit at its floor'],
  ['at_limit', 'at its limit'],
  ['rate_limited', 'rate-limited'],
  ['throttled', 'throttled'],
  ['ejected', 'ejected'],
  ['draining', 'draining'],
]);

/** How an edge is, in words: `open`, or `closed, failing`. */
export function stateOf({ state, status, reasons }: MapEdge): string {
  const breaker = WORDS.get(state);
  const others = reasons.flatMap((each) => REASONS.get(each) ?? []);
  const words = breaker === undefined ? others : [breaker, ...others];
  if (words.length > 0) return words.join(', ');
  return status === 'down' || status === 'degraded' ? status : 'no breaker';
}

/** The name of a node, as far as it fits. */
export function nameOf({ name }: MapNode, letters: number): string {
  return cut(name, letters).trim() || '(no name)';
}

/** What a node is, in words. */
export function kindOf(
  { kind, addresses, ambiguous = [] }: MapNode,
  kinds: readonly string[] = [],
): string {
  const what = kind === 'service' ? 'service' : kinds.join(', ') || 'dependency';
  const where = addresses[0] === undefined ? [] : [addresses[0]];
  const maybe = ambiguous.length > 0 ? [`${ambiguous.join(' or ')}?`] : [];
  return [what, ...where, ...maybe].join(' · ');
}
