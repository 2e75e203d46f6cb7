import { originOf } from '../request/request.js';

/** What a Response of fetch, or of undici with its redirect interceptor, says about redirects. */
interface MayBeRedirected {
  readonly url?: unknown;
  readonly redirected?: unknown;
  readonly context?: { readonly history?: readonly unknown[] } | null;
}

/**
 * The URL where redirects ended, if they led the request to another origin. `undefined` if they did not, or if nothing tells. A fetch that
 * rewrites URLs without a redirect is another way to the same upstream.
 */
export function redirectedTo(response: unknown, url: string): string | undefined {
  const { url: final, redirected, context } = Object(response) as MayBeRedirected;
  const last = typeof final === 'string' && redirected !== false ? final : context?.history?.at(-1);
  if (last === undefined || last === '') return undefined;
  try {
    const there = String(last);
    return originOf(there) === originOf(url) ? undefined : there;
  } catch {
    return undefined;
  }
}

/** Whether there were redirects, as far as that is known at no cost. */
export function wasRedirected(response: unknown): boolean {
  const { redirected, context } = Object(response) as MayBeRedirected;
  return redirected === true || (context?.history?.length ?? 0) > 1;
}
