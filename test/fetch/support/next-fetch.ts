import { AsyncLocalStorage } from 'node:async_hooks';

type NextInit = RequestInit & {
  readonly next?: { readonly revalidate?: number; readonly tags?: string[] };
};
type SimpleFetch = (url: string, init?: NextInit) => Promise<Response>;

/**
 * What Next.js 16 puts around a fetch when it renders its first page: a memo for one render, which a call with a signal passes
 * by, and around that the data cache, which keeps answers of status 200 for calls that ask for it.
 */
export class NextFetch {
  readonly #render = new AsyncLocalStorage<Map<unknown, unknown>>();
  readonly #kept = new Map<string, Response>();
  /** The tags of what the data cache was asked for. */
  readonly tags: (readonly string[] | undefined)[] = [];

  /** Renders a page. */
  render<T>(page: () => Promise<T>): Promise<T> {
    return this.#render.run(new Map(), page);
  }

  patch(original: SimpleFetch): SimpleFetch {
    const memoised = async (url: string, init?: NextInit): Promise<Response> => {
      const memo = this.#render.getStore();
      if (memo === undefined || (init?.signal ?? undefined) !== undefined)
        return original(url, init);
      const answer = (memo.get(url) as Promise<Response> | undefined) ?? original(url, init);
      memo.set(url, answer);
      return (await answer).clone();
    };
    return async (url, init) => {
      if (init?.next?.revalidate === undefined) return memoised(url, init);
      this.tags.push(init.next.tags);
      const kept = this.#kept.get(url);
      if (kept !== undefined) return kept.clone();
      const response = await memoised(url, init);
      if (response.status === 200) this.#kept.set(url, response.clone());
      return response;
    };
  }

  /** React's `cache`, for functions of one argument. */
  cache<A, R>(load: (argument: A) => R): (argument: A) => R {
    const results = new WeakMap<object, Map<A, R>>();
    return (argument) => {
      const memo = this.#render.getStore();
      if (memo === undefined) return load(argument);
      const known = results.get(memo) ?? new Map<A, R>();
      results.set(memo, known);
      if (!known.has(argument)) known.set(argument, load(argument));
      return known.get(argument) as R;
    };
  }
}
