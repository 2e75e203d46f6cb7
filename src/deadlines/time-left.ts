import { parseGrpcTimeout } from './grpc-timeout.js';
import { valuesOf } from './header-values.js';

/** Why the value of a header is not taken. */
export type RefusedWhy = 'malformed' | 'conflicting' | 'too_long';

/** What the headers of a request say about the time that its caller waits. */
export interface TimeLeft {
  /** The shortest time that they tell, in milliseconds; `Infinity` if they tell none. */
  readonly ms: number;
  /** The headers whose values are refused: they count as if they were not there. */
  readonly refused: readonly { readonly header: string; readonly why: RefusedWhy }[];
}

type Parse = (text: string) => number | undefined;

const MILLISECONDS = /^\d{1,15}(?:\.\d{1,9})?$/;
const milliseconds: Parse = (text) => (MILLISECONDS.test(text) ? Number(text) : undefined);

/** The headers that are read: those of Envoy, gRPC and Connect. */
const KNOWN: readonly (readonly [name: string, parse: Parse])[] = [
  ['x-envoy-expected-rq-timeout-ms', milliseconds],
  ['grpc-timeout', parseGrpcTimeout],
  ['connect-timeout-ms', milliseconds],
];

/**
 * Reads how long the caller of a request waits. Each of the headers was set by somebody who gives up at that time, so the shortest counts.
 *
 * @param own The name of another header, in lower case, with milliseconds.
 * @param maxMs A longer time is refused: it is a mistake, such as a time of the clock.
 */
export function timeLeftIn(headers: object, own: string | undefined, maxMs: number): TimeLeft {
  const refused: { header: string; why: RefusedWhy }[] = [];
  let ms = Infinity;
  const isKnown = own === undefined || KNOWN.some(([name]) => name === own);
  for (const [header, parse] of isKnown ? KNOWN : [...KNOWN, [own, milliseconds] as const]) {
    const values = valuesOf(headers, header);
    const [first] = values;
    if (first === undefined) continue;
    const left = parse(first);
    if (left === undefined) refused.push({ header, why: 'malformed' });
    else if (values.some((each) => each !== first)) refused.push({ header, why: 'conflicting' });
    else if (left > maxMs) refused.push({ header, why: 'too_long' });
    else if (left < ms) ms = left;
  }
  return { ms, refused };
}
