/** Userinfo, host and port of a URL, with the slashes before them. */
const AUTHORITIES = /((?<=:)[/\\]{2}|^\/\/)([^/?#\\]*)/g;
/** Host and port, without anything that could be an unescaped password. */
const HOST = /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/;
/** A query in a text that has no URL. */
const QUERY = /\?[^?]*=/;

/**
 * Removes the secrets of URLs from a text: user, password, query and fragment. Works on the text, because many connection strings are not
 * URLs to a parser, and keys may contain a URL among other things. A text without a URL stays as it is.
 */
export function withoutCredentials(text: string): string {
  const isUrl = text.startsWith('/') || text.includes('://') || text.includes(':\\\\');
  const end = text.search(isUrl ? /[?#]/ : QUERY);
  const shown = end < 0 ? text : text.slice(0, end);
  if (!isUrl) return shown;
  let result = '';
  let from = 0;
  for (const { 0: found, 1: start = '', 2: authority = '', index } of shown.matchAll(AUTHORITIES)) {
    const hosts = authority.slice(authority.lastIndexOf('@') + 1);
    result += shown.slice(from, index) + start;
    // Several hosts, as some databases have them.
    if (!hosts.split(',').every((host) => HOST.test(host))) return `${result}…`;
    result += hosts;
    from = index + found.length;
  }
  return result + shown.slice(from);
}
