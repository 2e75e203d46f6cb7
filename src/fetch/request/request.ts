import { ConfigError } from '../../errors.js';
import { withoutCredentials } from '../../pipeline/reporting/without-credentials.js';

/** What is known of a request before it is sent. */
export interface OutgoingRequest {
  /** The absolute URL, as text. */
  readonly url: string;
  /** The method as it is sent. */
  readonly method: string;
  /** @internal The body as it was given, or a copy of it; `undefined` if it is that of a Request. */
  readonly body?: unknown;
  /** One of its headers; `undefined` when it is not there. Several values come joined by `, `. */
  header(name: string): string | undefined;
}

/** The part of a text URL that has scheme, credentials, host and port. Nothing after it can change the origin. */
const AUTHORITY = /^https?:\/\/[^/?#\\]+/i;

/** The characters that end it: `/`, `?`, `#`, `\\`. */
const ENDS: ReadonlySet<number> = new Set([47, 63, 35, 92]);

/** How many spellings of origins are remembered. */
const MAX_REMEMBERED = 1_000;
const origins = new Map<string, string>();
/** The last spelling that was asked for, and its origin. */
let last: { readonly authority: string; readonly origin: string } | undefined;

/**
 * The origin of an absolute URL: scheme, host and port, in one spelling. Parsing a URL takes longer than all the rest
 * of a call, and a service calls few origins. So they are remembered.
 */
export function originOf(url: string): string {
  if (last !== undefined && startsAt(url, last.authority)) return last.origin;
  const authority = AUTHORITY.exec(url)?.[0];
  if (authority === undefined) return parsed(url).origin;
  let origin = origins.get(authority);
  if (origin === undefined) {
    origin = parsed(authority).origin;
    if (origins.size >= MAX_REMEMBERED) origins.clear();
    origins.set(authority, origin);
  }
  last = { authority, origin };
  return origin;
}

/** @throws TypeError when it is no URL. The platform's own error would show all of the text. */
function parsed(url: string): URL {
  if (!URL.canParse(url)) throw noUrl(`${shown(url)} is not a URL`);
  return new URL(url);
}

/** An error with the same code as Node's. */
function noUrl(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_URL' });
}

function shown(url: string): string {
  const text = withoutCredentials(url);
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Whether this is the URL's whole authority, and not the beginning of a longer one. */
function startsAt(url: string, authority: string): boolean {
  if (!url.startsWith(authority)) return false;
  const { length } = authority;
  return url.length === length || ENDS.has(url.charCodeAt(length));
}

/**
 * The URL of fetch's first argument as text. A relative one is resolved against `base`.
 *
 * @param client the name of what was called, for the error.
 * @throws TypeError, as fetch does, when it is no URL, or is relative without a base.
 */
export function absoluteUrl(
  input: unknown,
  base: string | undefined,
  client = 'resilientFetch',
): string {
  const text = typeof input === 'string' ? input : String(input);
  if ((last !== undefined && startsAt(text, last.authority)) || AUTHORITY.test(text)) return text;
  const against = base ?? ownLocation();
  if (URL.canParse(text, against)) return new URL(text, against).href;
  const why =
    base === undefined && typeof input === 'string' && isRelative(text)
      ? `is relative and there is nothing it could be relative to${client === 'resilientFetch' ? ': set baseUrl' : ''}`
      : 'is not a URL';
  throw noUrl(`${client}: ${shown(text)} ${why}`);
}

/** The default base in a browser or worker, as for fetch itself. */
function ownLocation(): string | undefined {
  const { location } = globalThis as { readonly location?: { readonly href?: unknown } };
  return typeof location?.href === 'string' ? location.href : undefined;
}

function isRelative(text: string): boolean {
  return URL.canParse(text, 'http://base.invalid');
}

/** @throws ConfigError when it is no absolute URL. */
export function baseOf(base: string | URL | undefined): string | undefined {
  if (base === undefined) return undefined;
  const text = String(base);
  if (URL.canParse(text) && /^\s*https?:/i.test(text)) return text;
  const path = 'resilientFetch.baseUrl';
  throw new ConfigError(
    `${path}: must be an absolute URL with http: or https:, such as "https://api.example" (got ${shown(text)})`,
    { path, value: base, policy: 'resilientFetch' },
  );
}
