import { UsageError } from '../usage.js';
import { isObject, type Json, listOf, member, textOf } from './json.js';
import { quote } from './references.js';

const REMEDY = 'say where the service is, such as --base-url https://orders.example/v1';

/**
 * Where the service is: the option if there is one, and otherwise the first server of the document.
 *
 * @throws UsageError if that is no absolute URL of HTTP.
 */
export function baseUrlOf(
  servers: Json | undefined,
  given: string | undefined,
): { baseUrl: string; notes: string[] } {
  if (given !== undefined)
    return {
      baseUrl: checked(
        given,
        `--base-url ${quote(given)}`,
        'give one such as https://orders.example/v1',
      ),
      notes: [],
    };
  const urls = listOf(servers).map(filled);
  const [first, ...others] = urls;
  if (first === undefined) throw new UsageError(`the document names no server: ${REMEDY}`);
  const also = others.map((url) => `another server: ${url}`);
  return { baseUrl: checked(first, `the document's server ${quote(first)}`, REMEDY), notes: also };
}

/** The address of a server, with the standard values of its variables. */
function filled(server: Json): string {
  const variables = member(server, 'variables');
  return (textOf(member(server, 'url')) ?? '').replace(/\{([^}]*)\}/g, (all, name: string) => {
    const variable = isObject(variables) ? member(variables, name) : undefined;
    const value = member(variable, 'default');
    return typeof value === 'string' ? value : all;
  });
}

function checked(text: string, what: string, remedy: string): string {
  const url = /[{}]/.test(text) || !/^https?:\/\//i.test(text) ? undefined : parsed(text);
  if (url === undefined)
    throw new UsageError(`${what} is no absolute URL with http: or https:: ${remedy}`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`the URL of the server has a user or a password in it: ${remedy}`);
  if (url.search !== '' || url.hash !== '')
    throw new UsageError(`${what} has a query or a fragment: ${remedy}`);
  return text.replace(/\/+$/, '');
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
