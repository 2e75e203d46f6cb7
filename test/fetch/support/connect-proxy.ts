import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Servers } from './servers.js';

/** What a proxy does with one CONNECT: a status that is none of success, the end of the connection, or a tunnel. */
export type ProxyStep = number | 'close' | 'reset' | 'open';

export interface ConnectProxy {
  readonly url: string;
  /** What was asked for, as `localhost:443`. */
  readonly asked: string[];
}

/** A real proxy for tunnels that follows a script, the last step for ever. */
export async function connectProxy(
  servers: Servers,
  ...script: ProxyStep[]
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on('connect', ({ url = '' }, client: Socket, head: Buffer) => {
    asked.push(url);
    client.on('error', () => {});
    const step = script[Math.min(asked.length, script.length) - 1] ?? 'open';
    if (step === 'close') return void client.end();
    if (step === 'reset') return void client.resetAndDestroy();
    if (step !== 'open') return void client.end(`HTTP/1.1 ${step} No\r\ncontent-length: 0\r\n\r\n`);
    const colon = url.lastIndexOf(':');
    const upstream = connect(Number(url.slice(colon + 1)), url.slice(0, colon), () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  return { url: `http://127.0.0.1:${await servers.listen(proxy)}`, asked };
}
