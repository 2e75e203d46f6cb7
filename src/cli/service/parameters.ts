import { isObject, type Json, type JsonObject, listOf, member, textOf } from './json.js';
import type { ParameterModel } from './model.js';
import type { References } from './references.js';
import { type Shape, told } from './shape.js';
import { toShape } from './to-shape.js';

/** The parameters of an operation, by where they are. */
export interface Parameters {
  readonly path: ReadonlyMap<string, ParameterModel>;
  readonly query: readonly ParameterModel[];
  readonly openQuery: boolean;
  readonly headers: readonly ParameterModel[];
  readonly idempotencyKey: boolean;
  readonly notes: readonly string[];
}

/** Headers that OpenAPI describes elsewhere. */
const ELSEWHERE = new Set(['accept', 'content-type', 'authorization']);
const TEXT: Shape = { kind: 'string' };

/** Reads the parameters of an operation, and those of its path that it does not replace. */
export function readParameters(
  ofPath: Json | undefined,
  ofOperation: Json | undefined,
  references: References,
): Parameters {
  const path = new Map<string, ParameterModel>();
  const query: ParameterModel[] = [];
  const headers: ParameterModel[] = [];
  const notes: string[] = [];
  let openQuery = false;
  let idempotencyKey = false;
  for (const [name, place, parameter] of merged(
    [...listOf(ofPath), ...listOf(ofOperation)],
    references,
  )) {
    const model = modelOf(name, place, parameter, references);
    if (place === 'path') path.set(name, model);
    else if (place === 'cookie')
      notes.push(`the cookie ${name} is not part of the declaration: send it in the header Cookie`);
    else if (place === 'query' && isSpread(parameter, references)) {
      openQuery = true;
      notes.push(
        `the query parameter ${name} is an object: give its keys as the service expects them`,
      );
    } else if (place === 'query') query.push(model);
    else if (place === 'header' && name.toLowerCase() === 'idempotency-key') idempotencyKey = true;
    else if (place === 'header' && !ELSEWHERE.has(name.toLowerCase())) headers.push(model);
    else if (place !== 'header') {
      openQuery ||= place === 'querystring';
      notes.push(`the parameter ${name} is in ${place}: not part of the declaration`);
    }
  }
  return { path, query, openQuery, headers, idempotencyKey, notes };
}

/** The last one of each name and place counts. Headers have no case. */
function merged(list: readonly Json[], references: References): [string, string, JsonObject][] {
  const found = new Map<string, [string, string, JsonObject]>();
  for (const each of list) {
    const parameter = references.follow(each);
    const name = textOf(member(parameter, 'name'));
    const place = textOf(member(parameter, 'in'));
    if (parameter === undefined || name === undefined || place === undefined) continue;
    found.set(`${place} ${place === 'header' ? name.toLowerCase() : name}`, [
      name,
      place,
      parameter,
    ]);
  }
  return [...found.values()];
}

function modelOf(
  name: string,
  place: string,
  parameter: JsonObject,
  references: References,
): ParameterModel {
  const about = textOf(member(parameter, 'description'));
  return {
    name,
    shape: shapeOf(place, parameter, references),
    required: place === 'path' || member(parameter, 'required') === true,
    ...(about !== undefined && { about }),
  };
}

function shapeOf(place: string, parameter: JsonObject, references: References): Shape {
  const content = member(parameter, 'content');
  if (isObject(content)) {
    return told(
      TEXT,
      `a text of the type ${Object.keys(content).join(', ')}: its content is not checked`,
    );
  }
  const shape = toShape(member(parameter, 'schema'), references);
  const isArray = kindIs(shape, ['array', 'tuple'], references);
  const style = textOf(member(parameter, 'style'));
  const repeats =
    place === 'query' && (style ?? 'form') === 'form' && member(parameter, 'explode') !== false;
  if (isArray && !repeats) {
    const between =
      style === 'spaceDelimited' ? 'blanks' : style === 'pipeDelimited' ? '|' : 'commas';
    return told(TEXT, `an array as one text, with ${between} between its values`);
  }
  if (place !== 'query' && kindIs(shape, ['object', 'record'], references))
    return told(TEXT, 'an object as one text: its content is not checked');
  return shape;
}

/** An object in the query is more than one key. */
function isSpread(parameter: JsonObject, references: References): boolean {
  if (isObject(member(parameter, 'content'))) return false;
  return kindIs(toShape(member(parameter, 'schema'), references), ['object', 'record'], references);
}

function kindIs(
  shape: Shape,
  kinds: readonly string[],
  references: References,
  seen = new Set<string>(),
): boolean {
  if (shape.kind === 'nullable') return kindIs(shape.of, kinds, references, seen);
  if (shape.kind === 'all')
    return shape.members.some((each) => kindIs(each, kinds, references, seen));
  if (shape.kind !== 'ref' || seen.has(shape.to)) return kinds.includes(shape.kind);
  seen.add(shape.to);
  return kindIs(toShape(references.at(shape.to), references), kinds, references, seen);
}
