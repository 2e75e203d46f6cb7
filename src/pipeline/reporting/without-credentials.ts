/** What stands before host and port, and names them with whatever stands before them. */
const AUTHORITIES = /((?<=:)[/\\]{2}|^\/\/)([^/?#\\]*)/g;
/** Host and port, and nothing that could be a password written without its escapes. */
const HOST = /^(?:\[[^\]]*\]|[^:]*)(?::\d*)?$/;
/** A query, where no URL is to be seen. */
const QUERY = /\?[^?]*=/;

/**
 * A text without what URLs in it hold of secrets: user, password, query and fragment. Works on the text, because connection strings have
 * forms that are no URLs to a parser, and keys may have a URL as a part. What holds no URL stays as it is.
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
