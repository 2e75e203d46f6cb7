import { isObject, type Json, type JsonObject, member, textOf } from './json.js';
import type { OperationModel } from './model.js';
import type { References } from './references.js';
import { type Shape, UNKNOWN } from './shape.js';
import { toShape } from './to-shape.js';

type Body = Pick<OperationModel, 'body' | 'notes'>;
type Answers = Pick<OperationModel, 'response' | 'as' | 'errors' | 'notes'>;

interface Content {
  readonly type: string;
  readonly schema: Json | undefined;
  readonly kind: 'json' | 'text' | 'other';
  /** The other types that the body may have. */
  readonly others: readonly string[];
}

const isAny = (type: string): boolean => /^\*\/\*/.test(type);

/** What a body of this type is read as. Many services that speak JSON say that their type is any. */
function kindOf(type: string, schema: Json | undefined): Content['kind'] {
  if (/^[^;]*[/+]json\s*(;|$)/i.test(type) || (isAny(type) && schema !== undefined)) return 'json';
  return /^(text\/(?!event-stream)|application\/(xml|[^;]*\+xml)\b)/i.test(type) ? 'text' : 'other';
}

/** The type to use of those that a body may have: JSON if it may be that. */
function chosen(content: Json | undefined): Content | undefined {
  const all = Object.entries(isObject(content) ? content : {}).map(([type, each]) => {
    const schema = member(each, 'schema');
    return { type, schema, kind: kindOf(type, schema) };
  });
  const best =
    all.find(({ type, kind }) => kind === 'json' && !isAny(type)) ??
    all.find(({ kind }) => kind === 'json') ??
    all.find(({ kind }) => kind === 'text') ??
    all[0];
  if (best === undefined) return undefined;
  return { ...best, others: all.map(({ type }) => type).filter((type) => type !== best.type) };
}

/** What an operation sends. */
export function readBody(given: Json | undefined, method: string, references: References): Body {
  const body = references.follow(given);
  const content = chosen(member(body, 'content'));
  if (body === undefined || content === undefined) return { notes: [] };
  if (method === 'GET' || method === 'HEAD')
    return { notes: [`a body for ${method} is not sent: many servers ignore it`] };
  const { type, schema, kind, others } = content;
  const also = others.length === 0 ? [] : [`the body may also be ${others.join(', ')}`];
  if (kind !== 'json')
    return { body: 'raw', notes: [`the body is ${type}: ${howToSend(type)}`, ...also] };
  if (!/^application\/json\b|^\*/i.test(type))
    also.push(`the content type is ${type}: give it in the headers`);
  const shape = toShape(schema, references);
  return { body: { shape, required: member(body, 'required') === true }, notes: also };
}

function howToSend(type: string): string {
  if (/^application\/x-www-form-urlencoded/i.test(type)) return 'give a URLSearchParams';
  if (/^multipart\//i.test(type)) return 'give a FormData';
  return 'give the bytes or the text, and the content type in the headers';
}

/** What an operation answers. */
export function readAnswers(
  given: Json | undefined,
  method: string,
  references: References,
): Answers {
  const answers = Object.entries(isObject(given) ? given : {})
    .filter(([status]) => !status.startsWith('x-'))
    .map(([status, answer]): [string, JsonObject] => [
      status.toLowerCase(),
      references.follow(answer) ?? {},
    ]);
  const good = answers.filter(([status]) => /^2(\d\d|xx)$/.test(status));
  // Without any other, the rest are the good ones.
  const rest = answers.filter(([status]) => status === 'default');
  // An answer to HEAD has no body, whatever is described.
  const success =
    method === 'HEAD' ? { notes: [] } : readSuccess(good.length > 0 ? good : rest, references);
  const errors: { key: string; shape: Shape }[] = [];
  const notes = [...success.notes];
  for (const [status, answer] of answers) {
    if (!/^([1345](\d\d|xx)|default)$/.test(status)) continue;
    const content = chosen(member(answer, 'content'));
    if (content !== undefined && content.kind === 'json')
      errors.push({ key: status, shape: toShape(content.schema, references) });
    else
      notes.push(
        `${status}: ${textOf(member(answer, 'description')) ?? 'no description'} (${content?.type ?? 'without a body'})`,
      );
  }
  return { ...success, errors, notes };
}

function readSuccess(
  good: readonly (readonly [string, JsonObject])[],
  references: References,
): Omit<Answers, 'errors'> {
  const contents = good.map(([, answer]) => chosen(member(answer, 'content')));
  const full = contents.filter((each) => each !== undefined);
  const [first] = full;
  if (first === undefined) return { notes: [] };
  const types = full.map(({ type }) => type).join(', ');
  const statuses = good.map(([status]) => status).join(', ');
  if (full.length < contents.length)
    return {
      as: 'response',
      notes: [`${statuses} answer with and without a body (${types}): read the Response`],
    };
  if (full.every(({ kind }) => kind === 'json')) {
    const shapes = full.map(({ schema }) => toShape(schema, references));
    const response: Shape =
      shapes.length === 1 ? (shapes[0] ?? UNKNOWN) : { kind: 'union', members: shapes };
    return {
      response,
      notes: full.length > 1 ? [`${statuses} have a body each, and it is one of these`] : [],
    };
  }
  if (full.every(({ kind }) => kind === 'text'))
    return { as: 'text', notes: [`the answer is ${types}`] };
  return { as: 'response', notes: [`the answer is ${types}: read the Response`] };
}
