/** A scheme and what names host and port, with whatever stands before them. */
const AUTHORITY = /^([a-z][a-z\d+.-]*:\/\/)([^/?#\\]*)/i;
/** Host and port, and nothing that could be a password written without its escapes. */
const HOST = /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/;

/**
 * A URL without user, password, query and fragment: what may be shown. Works on the text, because connection strings have forms that
 * are no URLs to a parser. `undefined` of what has no authority.
 */
export function withoutCredentials(url: string): string | undefined {
  const match = AUTHORITY.exec(url);
  if (match === null) return undefined;
  const [start, scheme = '', authority = ''] = match;
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  // Several hosts, as some databases have them.
  if (!hosts.split(',').every((host) => HOST.test(host))) return `${scheme}…`;
  const end = url.slice(start.length).search(/[?#]/);
  const path = end < 0 ? url.slice(start.length) : url.slice(start.length, start.length + end);
  return `${scheme}${hosts}${path}`;
}
