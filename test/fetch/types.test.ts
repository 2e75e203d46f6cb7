import { describe, expectTypeOf, it } from 'vitest';
import type {
  FetchInit,
  FetchInput,
  FetchLike,
  FetchResponse,
  HeadersLike,
  HeadersSource,
  RequestLike,
  ResponseLike,
} from '../../src/fetch/types.js';

type Undici = typeof import('undici');
type Undici8 = typeof import('undici8');

/** The shape of node-fetch, whose bodies are Node streams and whose init has fields of its own. */
declare class NodeFetchHeaders {
  get(name: string): string | null;
  raw(): Record<string, string[]>;
}
interface NodeFetchResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: NodeFetchHeaders;
  readonly body: NodeJS.ReadableStream | null;
  json(): Promise<unknown>;
}
type NodeFetch = (
  url: URL | string,
  init?: { method?: string; agent?: object; follow?: number },
) => Promise<NodeFetchResponse>;

describe('FetchLike', () => {
  it('X1: every fetch is one', () => {
    expectTypeOf<typeof globalThis.fetch>().toExtend<FetchLike>();
    expectTypeOf<Undici['fetch']>().toExtend<FetchLike>();
    expectTypeOf<Undici8['fetch']>().toExtend<FetchLike>();
    expectTypeOf<NodeFetch>().toExtend<FetchLike>();
    expectTypeOf<(url: string) => Promise<ResponseLike>>().toExtend<FetchLike>();
  });

  it('X1: what is none is none', () => {
    expectTypeOf<(url: string) => Promise<string>>().not.toExtend<FetchLike>();
    expectTypeOf<(url: string) => Response>().not.toExtend<FetchLike>();
  });

  it('X1: what it takes and answers stays its own', () => {
    expectTypeOf<FetchResponse<typeof globalThis.fetch>>().toEqualTypeOf<Response>();
    expectTypeOf<FetchResponse<NodeFetch>>().toEqualTypeOf<NodeFetchResponse>();
    expectTypeOf<FetchInput<NodeFetch>>().toEqualTypeOf<URL | string>();
    expectTypeOf<FetchInit<NodeFetch>>().toHaveProperty('follow');
  });
});

describe('the shapes', () => {
  it('X1: fit the classes of every implementation', () => {
    expectTypeOf<Response>().toExtend<ResponseLike>();
    expectTypeOf<InstanceType<Undici['Response']>>().toExtend<ResponseLike>();
    expectTypeOf<InstanceType<Undici8['Response']>>().toExtend<ResponseLike>();
    expectTypeOf<Request>().toExtend<RequestLike>();
    expectTypeOf<InstanceType<Undici['Request']>>().toExtend<RequestLike>();
    expectTypeOf<Headers>().toExtend<HeadersLike>();
    expectTypeOf<InstanceType<Undici['Headers']>>().toExtend<HeadersLike>();
    expectTypeOf<import('node:http').IncomingHttpHeaders>().toExtend<HeadersSource>();
    expectTypeOf<NonNullable<ConstructorParameters<typeof Headers>[0]>>().toExtend<HeadersSource>();
  });
});
