import { fallback, type Outcome, pipeline, retry } from 'holdfast';
import { expect, it } from 'vitest';

interface Page {
  readonly items: readonly string[];
}

/** A `handle` that named the type of its results did not compile: each had to cast `outcome.value`. */
it('a handle, delayFrom and discard may name the type of the results', async () => {
  const isEmpty = (outcome: Outcome<Page>): boolean =>
    outcome.kind === 'success' && outcome.value.items.length === 0;
  const discarded: number[] = [];
  const pages = pipeline(
    { name: 'pages', discard: (page: Page) => discarded.push(page.items.length) },
    fallback({ items: ['spare'] }, { handle: isEmpty }),
    retry({
      maxRetries: 1,
      initialDelay: 0,
      handle: isEmpty,
      delayFrom: (outcome: Outcome<Page>) => (isEmpty(outcome) ? 1 : undefined),
    }),
  );
  expect(await pages.execute((): Page => ({ items: [] }))).toEqual({ items: ['spare'] });
  expect(discarded).toEqual([0, 0]);
});

it('one that names no type still gets an outcome of anything', () => {
  retry({
    handle: (outcome) => {
      const { kind }: Outcome<unknown> = outcome;
      return kind === 'failure';
    },
  });
});
