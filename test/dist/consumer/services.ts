// Compiled inside a project that installed the packed package. Schemas are those of whoever has the Standard Schema interface.
import { defineService, type StandardSchema } from 'holdfast/services';

type Same<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;
const sure = <T extends true>(proof?: T): T | undefined => proof;

declare function schema<Input, Output = Input>(): StandardSchema<Input, Output>;

const stock = defineService('stock', {
  baseUrl: 'http://stock.internal',
  critical: true,
  policies: { totalTimeout: '5s' },
  operations: {
    get: {
      method: 'GET',
      path: '/stock/:sku',
      query: schema<{ at?: string }>(),
      response: schema<unknown, { count: number; state: 'known' | 'unknown' }>(),
      errors: { 404: schema<unknown, { reason: string }>() },
      fallback: () => ({ count: 0, state: 'unknown' }),
    },
    put: { method: 'PUT', path: '/stock/:sku', body: schema<{ count: number }>(), retry: false },
  },
});

const { count, state } = await stock.get({ params: { sku: '42' } }, { totalTimeout: '1s' });
sure<Same<typeof count, number>>();
sure<Same<typeof state, 'known' | 'unknown'>>();
const nothing = await stock.put({ params: { sku: '42' }, body: { count } });
sure<Same<typeof nothing, undefined>>();

try {
  // @ts-expect-error a parameter is missing
  await stock.get({ params: {} });
  // @ts-expect-error a body of the wrong type
  await stock.put({ params: { sku: 'a' }, body: { count: 'a' } });
  // @ts-expect-error an operation that does not exist
  await stock.delete({ params: { sku: 'a' } });
} catch (error) {
  if (stock.get.isError(error, 404)) sure<Same<typeof error.data, { reason: string }>>();
}

defineService('a', {
  baseUrl: 'http://a.internal',
  // @ts-expect-error a body for GET
  operations: { a: { method: 'GET', path: '/', body: schema<number>() } },
});
await stock.$.drain('5s');
