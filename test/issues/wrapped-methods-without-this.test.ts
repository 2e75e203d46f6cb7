import { type Context, fallback, type Pipeline, pipeline, retry } from 'holdfast';
import { describe, expect, expectTypeOf, it } from 'vitest';

/** A function made by `wrap()` called the operation without the `this` that it was itself called with. */
const calls = pipeline('calls', retry({ maxRetries: 1, initialDelay: 0 }));

class Repo {
  readonly rows: ReadonlyMap<string, number>;
  attempts = 0;

  constructor(rows: Record<string, number>) {
    this.rows = new Map(Object.entries(rows));
  }

  declare find: (id: string) => Promise<number | undefined>;

  readonly count = calls.wrap(async function (this: Repo, { signal }) {
    return signal.aborted ? 0 : this.rows.size;
  });
}
Repo.prototype.find = calls.wrap(async function (this: Repo, context: Context, id: string) {
  this.attempts++;
  if (context.attempt === 1) throw new Error('again');
  return this.rows.get(id);
});

describe('wrap', () => {
  it('passes this on, to each attempt and of each call', async () => {
    const one = new Repo({ a: 1 });
    const other = new Repo({ a: 2, b: 3 });
    expect(await Promise.all([one.find('a'), other.find('a')])).toEqual([1, 2]);
    expect([one.attempts, other.attempts]).toEqual([2, 2]);
    expect([await one.count(), await other.count()]).toEqual([1, 2]);
  });

  it('passes on whatever this is, or none', async () => {
    const self = calls.wrap(function (this: unknown) {
      return this;
    });
    expect(await self()).toBe(undefined);
    expect(await self.call('text')).toBe('text');
    const frozen = Object.freeze({ self });
    expect(await frozen.self()).toBe(frozen);
  });

  it('asks for the right this, and for none where the operation has none', () => {
    const find = calls.wrap(function (this: Repo, _context, id: string) {
      return Promise.resolve(this.rows.get(id));
    });
    expectTypeOf(find).toEqualTypeOf<(this: Repo, id: string) => Promise<number | undefined>>();
    // @ts-expect-error a method called as a function
    const bare = () => find('a');
    expect(bare).toBeTypeOf('function');
    expectTypeOf(find.bind(new Repo({}))).toEqualTypeOf<
      (id: string) => Promise<number | undefined>
    >();

    const arrow = calls.wrap(async ({ signal }, id: string, at?: Date) =>
      signal.aborted ? Number(at) : id.length,
    );
    expectTypeOf(arrow).parameters.toEqualTypeOf<[id: string, at?: Date | undefined]>();
    expectTypeOf(arrow).returns.toEqualTypeOf<Promise<number>>();
    expectTypeOf(arrow).toBeCallableWith('a');
    const passedOn: (id: string) => Promise<number> = arrow;
    expect(['a'].map((id) => passedOn(id))).toHaveLength(1);

    const none = calls.wrap(() => 1);
    const called: () => Promise<number> = none;
    expect(called).toBe(none);
    expectTypeOf(none).returns.toEqualTypeOf<Promise<number>>();
    const explicit = calls.wrap<[string], number>((_context, text) => text.length);
    expectTypeOf(explicit).parameters.toEqualTypeOf<[string]>();
    const method = calls.wrap({ read: async (_: Context, id: string) => id }.read);
    expectTypeOf(method).parameters.toEqualTypeOf<[id: string]>();

    const degraded = pipeline('degraded', fallback(null)).wrap((_context, id: string) => id.length);
    expectTypeOf(degraded).returns.toEqualTypeOf<Promise<number | null>>();
    expectTypeOf(degraded).toBeCallableWith('a');
    const generic = <T>(through: Pipeline, load: () => Promise<T>) => through.wrap(() => load());
    expectTypeOf(generic(calls, async () => 1)).returns.toEqualTypeOf<Promise<number>>();
  });
});
