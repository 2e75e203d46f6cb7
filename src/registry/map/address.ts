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

/** How well two addresses agree: 2 in host and port, 1 in the host where a port is not known, 0 not at all. */
export function agreement(a: Address, b: Address): 0 | 1 | 2 {
  if (a.host !== b.host || a.host === '') return 0;
  if (a.port !== undefined && b.port !== undefined) return a.port === b.port ? 2 : 0;
  return a.port === b.port ? 2 : 1;
}
