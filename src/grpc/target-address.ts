/** A resolver's scheme: with the authority that it asks, or as it may stand without one. */
const SCHEME = /^(?:[a-z][a-z\d+.-]*:\/\/[^/]*\/|(?:dns|ipv4|ipv6|xds):)/i;
const URL_HOST = /^https?:\/\/(?:[^/?#]*@)?([^/?#]+)/i;
const ADDRESS = /^(?:[^\s/:@?#[\],]+|\[[\da-f:.%]+\])(?::\d{1,5})?$/i;

/**
 * The `host` or `host:port` in what a client is told to call: a target of gRPC, such as `dns:///inventory:50051`, or a URL. Of several addresses it is
 * the first. A Unix socket stays as it is written.
 *
 * @throws TypeError if there is none.
 */
export function targetAddress(target: string): string {
  if (/^unix(-abstract)?:./.test(target)) return target;
  const [address = ''] = (URL_HOST.exec(target)?.[1] ?? target.replace(SCHEME, '')).split(',');
  if (!ADDRESS.test(address)) throw new TypeError();
  return address;
}
