/** A URL in parts. undici also takes this form. */
export interface UrlObject {
  /** Scheme, host and port together. */
  readonly origin?: string | undefined;
  /** The scheme, with its colon. */
  readonly protocol?: string | undefined;
  /** The host, without a port. */
  readonly hostname?: string | undefined;
  /** The port. */
  readonly port?: string | number | undefined;
  /** Path and query together. */
  readonly path?: string | undefined;
  /** The path. */
  readonly pathname?: string | undefined;
  /** The query, with its question mark. */
  readonly search?: string | undefined;
}

/** The text of a URL in any form that undici takes. */
export function urlText(url: unknown): string {
  if (typeof url !== 'object' || url === null || url instanceof URL) return String(url);
  const { origin, protocol, hostname, port, path, pathname, search } = url as UrlObject;
  const host = `${hostname}${port === undefined || port === '' ? '' : `:${port}`}`;
  const start = origin ?? `${protocol}//${host}`;
  const end = path ?? `${pathname ?? ''}${search ?? ''}`;
  return `${start.replace(/\/$/, '')}${end.startsWith('/') ? end : `/${end}`}`;
}
