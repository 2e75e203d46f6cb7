/** A host, and its port if it is known: OpenTelemetry's `server.address` and `server.port`. */
export interface Address {
  readonly host: string;
  readonly port: string | undefined;
}

/** Reads `host` or `host:port`. Hosts are the same in any case, and with the dot that ends a full name. */
export function addressOf(text: string): Address {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text.trim().toLowerCase()) ?? [];
  return { host: host.replace(/\.$/, ''), port };
}

/**
 * Who has which address. Two addresses agree fully in host and port, and partly in the host where the port of one is not known. It looks at nobody else,
 * as maps may have thousands of nodes.
 */
export class AddressBook {
  /** By host, and by port, where it is known. */
  readonly #hosts = new Map<string, Map<string | undefined, Set<string>>>();
  readonly #places = new Map<string, number>();

  /** Adds somebody, or more addresses. */
  add(id: string, addresses: readonly string[]): void {
    if (!this.#places.has(id)) this.#places.set(id, this.#places.size);
    for (const { host, port } of addresses.map(addressOf)) {
      if (host === '') continue;
      const ports = this.#hosts.get(host) ?? new Map<string | undefined, Set<string>>();
      this.#hosts.set(host, ports);
      ports.set(port, (ports.get(port) ?? new Set()).add(id));
    }
  }

  /** Those whose addresses agree best with these, in the order in which they were added. */
  nearest(addresses: readonly string[]): readonly string[] {
    const all = addresses.map(addressOf);
    const fully = all.flatMap(({ host, port }) => [...(this.#hosts.get(host)?.get(port) ?? [])]);
    return this.#sorted(fully.length > 0 ? fully : all.flatMap((each) => this.#partly(each)));
  }

  #partly({ host, port }: Address): string[] {
    const ports = this.#hosts.get(host);
    if (port !== undefined) return [...(ports?.get(undefined) ?? [])];
    return [...(ports?.values() ?? [])].flatMap((ids) => [...ids]);
  }

  #sorted(ids: readonly string[]): string[] {
    const placeOf = (id: string): number => this.#places.get(id) as number;
    return [...new Set(ids)].sort((a, b) => placeOf(a) - placeOf(b));
  }
}
