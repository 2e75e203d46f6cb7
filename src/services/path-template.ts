/** The path of an operation, in which `:name` stands for a segment that the caller gives. */

/** A path, taken apart. */
export interface PathTemplate {
  /** As OpenAPI and OpenTelemetry write it: `/orders/{orderId}`. */
  readonly template: string;
  /** The names of its parameters. */
  readonly names: readonly string[];
  /** What stands before, between and after the parameters: one more than there are names. */
  readonly literals: readonly string[];
}

const NAME = /^[A-Za-z_][\w]*$/;
/** What a segment that is written out may have: RFC 3986's `pchar`, and letters outside of ASCII, which the platform encodes. */
const LITERAL = /^(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}|[^\p{ASCII}\p{C}\p{Z}])*$/u;

/** What is wrong with a path. */
export class PathFault extends Error {}

/** @throws PathFault */
export function parsePath(path: unknown): PathTemplate {
  if (typeof path !== 'string') throw new PathFault("must be a path, such as '/orders/:orderId'");
  if (!path.startsWith('/')) throw new PathFault('must begin with "/"');
  if (/[?#]/.test(path)) {
    throw new PathFault('must have neither a query nor a fragment: declare "query" instead');
  }
  const names: string[] = [];
  const literals: string[] = [];
  let literal = '';
  const shown: string[] = [];
  const segments = path.slice(1).split('/');
  segments.forEach((segment, i) => {
    literal += '/';
    if (!segment.startsWith(':')) {
      assertLiteral(segment, i === segments.length - 1);
      literal += segment;
      shown.push(segment);
      return;
    }
    const name = segment.slice(1);
    if (!NAME.test(name)) {
      throw new PathFault(
        'has a parameter that is no name: write ":" and letters, as a segment of its own',
      );
    }
    if (names.includes(name)) throw new PathFault(`has the parameter :${name} twice`);
    names.push(name);
    literals.push(literal);
    literal = '';
    shown.push(`{${name}}`);
  });
  literals.push(literal);
  return { template: `/${shown.join('/')}`, names, literals };
}

function assertLiteral(segment: string, isLast: boolean): void {
  if (segment === '' && !isLast) throw new PathFault('has an empty segment ("//")');
  if (isDots(segment)) throw new PathFault('has a segment of dots, which leads elsewhere');
  if (/[{}]/.test(segment)) throw new PathFault('has braces: write a parameter as ":name"');
  if (!LITERAL.test(segment)) {
    throw new PathFault('has a character that must be percent-encoded in a path');
  }
}

/** Whether a URL takes the segment for a step to the same or the upper folder. It does so even if the dots are encoded. */
function isDots(segment: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(segment);
}

/** What is wrong with the value of a parameter; `undefined` if nothing is. */
export function valueFault(value: unknown): string | undefined {
  if (value === undefined || value === null) return 'is missing';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not finite';
  if (typeof value === 'boolean' || typeof value === 'bigint') return undefined;
  if (typeof value !== 'string') return 'must be a text, a number or a boolean';
  if (value === '') return 'is empty';
  // Encoded dots are no dots any more once their percent sign is encoded.
  if (value === '.' || value === '..') return 'is a step to another folder';
  return isWellFormed(value) ? undefined : 'is no well-formed text';
}

/** Whether every surrogate of a text is one of a pair. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The path with these values, which have no fault. Each stays one segment. */
export function fillPath(
  { names, literals }: PathTemplate,
  params: Readonly<Record<string, unknown>>,
): string {
  let path = literals[0] ?? '';
  names.forEach((name, i) => {
    path += encodeURIComponent(String(params[name])) + literals[i + 1];
  });
  return path;
}
