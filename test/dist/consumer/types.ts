// Compiled inside a project that installed the packed package, with the compiler options of several kinds of user.
import {
  bulkhead,
  ConfigError,
  circuitBreaker,
  fallback,
  pipeline,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';

/** Each can be given for the other, and the first is not `any`. */
type Same<A, B> = 0 extends 1 & A ? false : [A, B] extends [B, A] ? true : false;
const sure = <T extends true>(proof?: T): T | undefined => proof;

const inventory = pipeline(
  'inventory',
  fallback(() => 'unknown' as const),
  timeout('5s'),
  retry({ maxRetries: 3 }),
  circuitBreaker({ failureRate: 0.5, window: '30s', minimumCalls: 20, openFor: '5s' }),
  timeout('1s'),
  bulkhead({ maxConcurrent: 50, maxQueued: 100 }),
);

export const stock = await inventory.execute(async ({ signal }) => Number(signal.aborted));
sure<Same<typeof stock, number | 'unknown'>>();

export const read = inventory.wrap(async ({ signal }, sku: string, at?: Date) =>
  signal.aborted ? Number(at) : sku.length,
);
sure<Same<Parameters<typeof read>, [sku: string, at?: Date | undefined]>>();
read('42').then((sku) => sku === 'unknown' || sku.toFixed());

class Repo {
  readonly rows = new Map<string, number>();
  readonly find = inventory.wrap(async function (this: Repo, { signal }, id: string) {
    return signal.aborted ? undefined : this.rows.get(id);
  });
}
sure<Same<Parameters<Repo['find']>, [id: string]>>();
new Repo().find('a').catch(() => {});
const { find } = new Repo();
// @ts-expect-error a method without its object
find('a').catch(() => {});

const settled = await inventory.settle(() => 5);
if (settled.status === 'fulfilled') sure<Same<typeof settled.value, number | 'unknown'>>();

try {
  // @ts-expect-error a misspelt option is a compile-time error too
  retry({ maxRetrys: 3 });
} catch (error) {
  if (error instanceof ConfigError) error.path.toUpperCase();
  if (error instanceof TimeoutError) error.timeoutMs?.toFixed();
}

const send = resilientFetch({ baseUrl: 'http://inventory', policies: { totalTimeout: '5s' } });
const answer = await send('/stock/42', { method: 'PUT', body: () => 'x', holdfast: { key: 'a' } });
answer.status.toFixed();
export const asFetch: typeof fetch = send;
// @ts-expect-error a misspelt override is a compile-time error too
send('/stock/42', { holdfast: { idempotnt: true } }).catch(() => {});
