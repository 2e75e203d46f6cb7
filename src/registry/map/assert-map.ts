import type { MapEdge, MapNode, ServiceMap } from './service-map.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isAmount: Check = (value) => Number.isFinite(value) && (value as number) >= 0;
const isShare: Check = (value) => isAmount(value) && (value as number) <= 1;
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const perhaps =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const NODE: Readonly<Record<keyof MapNode, Check>> = {
  id: isText,
  name: isText,
  kind: isText,
  critical: isFlag,
  addresses: areTexts,
  ambiguous: perhaps(areTexts),
};

const EDGE: Readonly<Record<keyof MapEdge, Check>> = {
  from: isText,
  to: isText,
  member: isText,
  kind: isText,
  critical: isFlag,
  key: perhaps(isText),
  keys: perhaps(isAmount),
  state: perhaps(isText),
  status: isText,
  reasons: areTexts,
  inFlight: isAmount,
  overMs: perhaps(isAmount),
  rate: perhaps(isAmount),
  errorShare: perhaps(isShare),
  refusedShare: perhaps(isShare),
  p99Ms: perhaps(isAmount),
};

/** Where the first of these is wrong, such as `edges[3].rate`. Words that it does not know are no fault: they may be those of a later version. */
function faultIn(list: string, all: unknown, checks: Readonly<Record<string, Check>>) {
  if (!Array.isArray(all)) return list;
  for (const [i, each] of all.entries()) {
    if (typeof each !== 'object' || each === null) return `${list}[${i}]`;
    for (const [field, check] of Object.entries(checks)) {
      if (!check(each[field])) return `${list}[${i}].${field}`;
    }
  }
  return undefined;
}

/**
 * Makes sure that something is a map. It may come from another service.
 *
 * @throws TypeError that says which field is wrong, and not what is in it.
 */
export function assertMap(what: string, map: unknown): asserts map is ServiceMap {
  const { nodes, edges } = (map ?? {}) as { nodes?: unknown; edges?: unknown };
  const fault = faultIn('nodes', nodes, NODE) ?? faultIn('edges', edges, EDGE);
  if (fault === undefined) return;
  throw new TypeError(
    `${what}: must be given a map, as made by await registry.map() (wrong: ${fault})`,
  );
}
