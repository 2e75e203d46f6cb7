import type { GrpcMethod, GrpcMethodKind } from '../method.js';
import { methodOf } from '../method.js';
import type { ConnectMethod, ConnectRequest } from './types.js';

interface Known {
  readonly url: string;
  readonly method: GrpcMethod;
}

/** The methods of an interceptor's calls. Most are called at one URL only, so that is read once. */
export class ConnectMethods {
  /** Whether each URL has told its authority. */
  allKnown = true;
  readonly #known = new WeakMap<ConnectMethod, Known>();

  of({ method: { name, methodKind, parent }, method, url }: ConnectRequest): GrpcMethod {
    const known = this.#known.get(method);
    if (known?.url === url) return known.method;
    const path = `/${parent.typeName}/${name}`;
    const authority = authorityOf(url);
    if (authority === undefined) this.allKnown = false;
    const made = methodOf(path, methodKind as GrpcMethodKind, authority);
    this.#known.set(method, { url, method: made });
    return made;
  }
}

function authorityOf(url: string): string | undefined {
  try {
    return new URL(url).host;
  } catch {
    // A transport in a browser may have a relative base.
    return undefined;
  }
}
