import { fallback, pipeline } from 'holdfast';
import { expectTypeOf, it } from 'vitest';

/** `fallback([])` had the type `readonly []`, so the result could not be given to whoever takes a `string[]`. */
it('F1: an array as fallback can be changed, and an object too, as the result of the operation can', () => {
  const names = pipeline('names', fallback([])).execute(() => ['a']);
  expectTypeOf(names).resolves.toExtend<string[]>();
  const page = pipeline('page', fallback({ hits: [] })).execute(() => ({ hits: ['a'] }));
  expectTypeOf(page).resolves.toExtend<{ hits: string[] }>();
});

it('F1: a single value keeps its own type', () => {
  const value = pipeline('value', fallback('none')).execute(() => 1);
  expectTypeOf(value).resolves.toEqualTypeOf<number | 'none'>();
  const nothing = pipeline('nothing', fallback(undefined)).execute(() => 1);
  expectTypeOf(nothing).resolves.toEqualTypeOf<number | undefined>();
  const tagged = pipeline('tagged', fallback({ kind: 'none' } as const)).execute(() => 1);
  expectTypeOf(tagged).resolves.toEqualTypeOf<number | { readonly kind: 'none' }>();
});

it('F1: a value of unknown or generic type is taken', () => {
  const given: unknown = 1;
  expectTypeOf(pipeline('unknown', fallback(given)).execute(() => 1)).resolves.toBeUnknown();
  const made = <T>(spare: T) => pipeline('generic', fallback(spare)).execute(() => 1);
  expectTypeOf(made('a')).resolves.toEqualTypeOf<number | string>();
});
