/** What is wrong with the address of a service. */
export class AddressFault extends Error {}

const MUST = 'must be an absolute URL with http: or https:, such as "https://api.example/v1"';

/**
 * The address of a service, to which paths are appended: without a slash at its end.
 *
 * @throws AddressFault. It does not show the address, which may have a password in it.
 */
export function addressOf(base: unknown): string {
  if (typeof base !== 'string' && !(base instanceof URL)) throw new AddressFault(MUST);
  const text = String(base);
  if (!URL.canParse(text)) {
    const isRelative = URL.canParse(text, 'http://base.invalid');
    throw new AddressFault(isRelative ? `${MUST}; this one is relative` : MUST);
  }
  const { protocol, host, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') throw new AddressFault(MUST);
  if (username !== '' || password !== '') {
    throw new AddressFault(
      'must have no user and password: set an authorization header in "beforeAttempt" instead',
    );
  }
  // `search` of "http://a/?" is empty, too.
  if (search !== '' || hash !== '' || /[?#]/.test(text)) {
    throw new AddressFault('must have neither a query nor a fragment');
  }
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
}
