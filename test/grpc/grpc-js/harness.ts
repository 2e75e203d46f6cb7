import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type {
  ClientOptions,
  ClientWritableStream,
  Interceptor,
  ServiceError,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcOptions } from '../../../src/grpc/index.js';
import { grpcInterceptor } from '../../../src/grpc/index.js';

/** A real server and real clients of grpc-js on loopback. Messages are texts. */

const write = (text: string): Buffer => Buffer.from(text);
const read = (bytes: Buffer): string => bytes.toString();

const definition = (path: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/shop.Stock/${path}`,
  requestStream,
  responseStream,
  requestSerialize: write,
  requestDeserialize: read,
  responseSerialize: write,
  responseDeserialize: read,
});

const service = {
  unary: definition('Unary', false, false),
  upload: definition('Upload', true, false),
  watch: definition('Watch', false, true),
  chat: definition('Chat', true, true),
};

export type Handlers = { [Method in keyof typeof service]?: UntypedHandleCall };

/** What a test has to take down. */
export class Stage {
  readonly #servers: Server[] = [];
  readonly #clients: Client[] = [];
  readonly #wires: Wire[] = [];

  async serve(handlers: Handlers, address = '127.0.0.1:0'): Promise<TestServer> {
    const server = new Server();
    server.addService(service, handlers as never);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    this.#servers.push(server);
    return { server, address: `127.0.0.1:${port}`, port };
  }

  /** A client with an interceptor, or with `false` without one. */
  client(address: string, options: GrpcOptions | false = {}, more: ClientOptions = {}): TestClient {
    const interceptor = options === false ? undefined : grpcInterceptor(options);
    const client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      ...(interceptor === undefined ? {} : { interceptors: [interceptor as Interceptor] }),
      ...more,
    });
    this.#clients.push(client);
    return { client, interceptor: interceptor as ReturnType<typeof grpcInterceptor> };
  }

  /** A TCP connection to a server that can be cut. */
  async wire({ port }: TestServer): Promise<Wire> {
    const wire = new Wire(port);
    await wire.listen();
    this.#wires.push(wire);
    return wire;
  }

  down(): void {
    for (const each of this.#wires) each.cut();
    this.#wires.length = 0;
    for (const each of this.#clients) each.close();
    for (const each of this.#servers) each.forceShutdown();
    this.#clients.length = 0;
    this.#servers.length = 0;
  }
}

/** Passes bytes on, until it is cut: as if the machine behind it had died. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor(port: number) {
    this.#server = createServer((socket) => {
      const there = connect(port, '127.0.0.1');
      for (const each of [socket, there]) {
        this.#sockets.add(each);
        each.on('error', () => {});
        each.on('close', () => {
          this.#sockets.delete(each);
          socket.destroy();
          there.destroy();
        });
      }
      socket.pipe(there).pipe(socket);
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  cut(): void {
    this.#server.close();
    for (const each of this.#sockets) each.resetAndDestroy();
  }
}

export interface TestServer {
  readonly server: Server;
  readonly address: string;
  readonly port: number;
}

export interface TestClient {
  readonly client: Client;
  readonly interceptor: ReturnType<typeof grpcInterceptor>;
}

export interface CallSettings {
  readonly metadata?: Metadata;
  readonly options?: object;
}

/** Starts a unary call. */
export function startUnary(
  { client }: TestClient,
  message: string,
  { metadata = new Metadata(), options = {} }: CallSettings = {},
) {
  let call: ReturnType<Client['makeUnaryRequest']> | undefined;
  const answer = new Promise<string>((resolve, reject) => {
    call = client.makeUnaryRequest(
      service.unary.path,
      write,
      read,
      message,
      metadata,
      options,
      (error: ServiceError | null, value?: string) => {
        if (error === null) resolve(value as string);
        else reject(error);
      },
    );
  });
  answer.catch(() => {});
  return { answer, call: call as NonNullable<typeof call> };
}

export const unary = (client: TestClient, message: string, settings?: CallSettings) =>
  startUnary(client, message, settings).answer;

/** The error that a call ends with. */
export async function errorOf(
  answer: Promise<unknown>,
): Promise<ServiceError & { cause?: unknown }> {
  try {
    await answer;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('the call succeeded');
}

export function startWatch({ client }: TestClient, message: string, settings: CallSettings = {}) {
  const { metadata = new Metadata(), options = {} } = settings;
  return client.makeServerStreamRequest(
    service.watch.path,
    write,
    read,
    message,
    metadata,
    options,
  );
}

export function startChat({ client }: TestClient, settings: CallSettings = {}) {
  const { metadata = new Metadata(), options = {} } = settings;
  return client.makeBidiStreamRequest(service.chat.path, write, read, metadata, options);
}

export function startUpload({ client }: TestClient, settings: CallSettings = {}) {
  const { metadata = new Metadata(), options = {} } = settings;
  let call: ClientWritableStream<string> | undefined;
  const answer = new Promise<string>((resolve, reject) => {
    call = client.makeClientStreamRequest(
      service.upload.path,
      write,
      read,
      metadata,
      options,
      (error: ServiceError | null, value?: string) => {
        if (error === null) resolve(value as string);
        else reject(error);
      },
    );
  });
  answer.catch(() => {});
  return { answer, call: call as NonNullable<typeof call> };
}

/** Everything that a stream brings, and its error. */
export function collect(stream: NodeJS.EventEmitter) {
  const events: string[] = [];
  const messages: string[] = [];
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    let error: ServiceError | undefined;
    stream.on('metadata', () => events.push('metadata'));
    stream.on('data', (message: string) => {
      events.push('message');
      messages.push(message);
    });
    stream.on('error', (each: ServiceError) => {
      error = each;
    });
    stream.on('status', () => {
      events.push('status');
      setImmediate(() => resolve(error));
    });
  });
  return { events, messages, ended };
}
