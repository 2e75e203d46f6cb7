import { defineService, type ServiceError } from 'holdfast/services';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod';

const declare = () =>
  defineService('typed', {
    baseUrl: 'http://typed.internal',
    registry: false,
    operations: {
      none: { method: 'GET', path: '/' },
      one: { method: 'GET', path: '/a/:b/c/:d' },
      checked: { method: 'GET', path: '/:n', params: z.object({ n: z.number() }), as: 'json' },
      body: {
        method: 'POST',
        path: '/',
        body: z.object({ a: z.string().default('x') }),
        response: z.object({ at: z.string().transform((text) => new Date(text)) }),
        errors: { 404: z.object({ reason: z.string() }), '4xx': z.object({ code: z.number() }) },
      },
      query: { method: 'GET', path: '/', query: z.object({ q: z.string() }), as: 'text' },
      raw: { method: 'PUT', path: '/', body: 'raw', as: 'bytes' },
      download: { method: 'GET', path: '/', as: 'response' },
      headers: { method: 'GET', path: '/', headers: z.object({ 'x-a': z.string() }) },
      maybe: { method: 'POST', path: '/', body: z.object({ a: z.number() }).optional() },
      fallback: {
        method: 'GET',
        path: '/',
        response: z.object({ state: z.enum(['a', 'b']), n: z.literal(1) }),
        fallback: async (error, { operation }) => {
          expectTypeOf(error).toBeUnknown();
          expectTypeOf(operation).toBeString();
          return { state: 'a', n: 1 };
        },
      },
    },
  });

type Typed = ReturnType<typeof declare>;
type RequestOf<K extends keyof Omit<Typed, '$'>> = Parameters<Typed[K]>[0];
type ResultOf<K extends keyof Omit<Typed, '$'>> = Awaited<ReturnType<Typed[K]>>;
type Value = string | number | boolean;

describe('the types of operations', () => {
  it('N12: what a caller gives follows from the declaration', () => {
    expectTypeOf<NonNullable<RequestOf<'none'>>>().toHaveProperty('headers');
    expectTypeOf<undefined>().toExtend<RequestOf<'none'>>();
    expectTypeOf<RequestOf<'one'>['params']>().toEqualTypeOf<{
      readonly b: Value;
      readonly d: Value;
    }>();
    expectTypeOf<undefined>().not.toExtend<RequestOf<'one'>>();
    expectTypeOf<RequestOf<'checked'>['params']>().toEqualTypeOf<{ n: number }>();
    expectTypeOf<RequestOf<'body'>['body']>().toEqualTypeOf<{ a?: string | undefined }>();
    expectTypeOf<RequestOf<'query'>['query']>().toEqualTypeOf<{ q: string }>();
    expectTypeOf<FormData>().toExtend<RequestOf<'raw'>['body']>();
    expectTypeOf<() => string>().toExtend<RequestOf<'raw'>['body']>();
    expectTypeOf<RequestOf<'headers'>['headers']>().toEqualTypeOf<{ 'x-a': string }>();
    expectTypeOf<Record<never, never>>().toExtend<NonNullable<RequestOf<'maybe'>>>();
  });

  it('N12: what a caller gets does, too', () => {
    expectTypeOf<ResultOf<'none'>>().toEqualTypeOf<undefined>();
    expectTypeOf<ResultOf<'checked'>>().toBeUnknown();
    expectTypeOf<ResultOf<'body'>>().toEqualTypeOf<{ at: Date }>();
    expectTypeOf<ResultOf<'query'>>().toEqualTypeOf<string>();
    expectTypeOf<ResultOf<'raw'>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<ResultOf<'download'>>().toEqualTypeOf<Response>();
    expectTypeOf<ResultOf<'fallback'>>().toEqualTypeOf<{ state: 'a' | 'b'; n: 1 }>();
  });

  it('N12: the data of declared errors has its type', () => {
    const check = (service: Typed, error: unknown): void => {
      if (service.body.isError(error, 404)) {
        expectTypeOf(error).toEqualTypeOf<ServiceError<{ reason: string }, 404>>();
      }
      if (service.body.isError(error, '4xx')) {
        expectTypeOf(error.data).toEqualTypeOf<{ code: number }>();
      }
      if (service.body.isError(error, 500)) expectTypeOf(error.data).toBeUnknown();
      if (service.none.isError(error)) expectTypeOf(error.data).toBeUnknown();
    };
    expectTypeOf(check).toBeFunction();
  });
});
