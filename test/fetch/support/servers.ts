import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');

/** For `localhost` only: by its address the server's name does not match. */
export const certificate = { cert: fixture('cert.pem'), key: fixture('key.pem') };

/** Servers on loopback that are all gone, connections included, after `close`. */
export class Servers {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** @returns the port */
  async listen(server: Server, host = '127.0.0.1'): Promise<number> {
    this.#servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Calls back for every connection to a server that is listening now. */
  onConnection(listener: () => void): void {
    for (const server of this.#servers) server.on('connection', listener);
  }

  /** A server that acts on the first bytes of each connection. */
  tcp(onRequest: (socket: Socket) => void): Promise<number> {
    return this.listen(
      createServer((socket) => {
        socket.once('data', () => onRequest(socket));
      }),
    );
  }

  /** A server that answers with these bytes and ends the connection. */
  saying(text: string): Promise<number> {
    return this.tcp((socket) => {
      socket.end(text);
    });
  }

  http(listener: RequestListener): Promise<number> {
    return this.listen(createHttpServer(listener));
  }

  https(listener: RequestListener): Promise<number> {
    const server = createHttpsServer(certificate, listener);
    server.on('tlsClientError', () => {});
    return this.listen(server);
  }

  http2(onStream: (server: Http2SecureServer) => void): Promise<number> {
    const server = createSecureServer(certificate);
    server.on('sessionError', () => {});
    onStream(server);
    return this.listen(server as unknown as Server);
  }

  /** A port that refuses. */
  async dead(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }
}
