import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { parseData } from '../config/plain-data.js';
import { ConfigError } from '../errors.js';
import { builtinModule } from '../host.js';
import {
  behaviourSchema,
  type ResolvedBehaviour,
  type ResolvedStep,
  type ScriptStep,
  scriptSchema,
  type UpstreamBehaviour,
  upstreamSchema,
} from './upstream-behaviour.js';
import { UpstreamCounts, type UpstreamStats } from './upstream-counts.js';
import { Exchange } from './upstream-exchange.js';
import { fateOf } from './upstream-fate.js';
import { UpstreamTimers } from './upstream-timers.js';
import { Workers } from './upstream-workers.js';

/** Options of {@link flakyUpstream}: its first behaviour, its seed and its port. */
export interface FlakyUpstreamOptions extends UpstreamBehaviour {
  /** Decides all random choices. With the same seed, the same requests in the same order meet the same fates. A safe integer. Default 1. */
  readonly seed?: number | undefined;
  /** Port to listen on, 0 to 65535. Default 0: any free one. */
  readonly port?: number | undefined;
}

/** What a script does after its last step. */
export interface ScriptOptions {
  /** `none`: the behaviour decides again. `last`: the last step repeats forever. `all`: it starts again at the first step. Default `none`. */
  readonly repeat?: 'none' | 'last' | 'all' | undefined;
}

/** A real HTTP server that misbehaves as you tell it. Made by {@link flakyUpstream}. */
export interface FlakyUpstream {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;

  /**
   * Sets how to treat requests that arrive from now on. It replaces the whole behaviour: options that are left out go back
   * to their defaults, and `behave()` makes the upstream healthy. Requests that are already there keep their fate.
   *
   * @throws ConfigError for an option that is unknown, of the wrong type or out of range.
   */
  behave(behaviour?: UpstreamBehaviour): void;

  /**
   * Sets step by step what the next requests for a path meet. After the last step the behaviour decides again. A new script for the same
   * path replaces the old one. An empty script removes it.
   *
   * @param path The path of the requests, without query: `/stock`.
   * @param steps A status (`503`, `'503'`), a fault (`'hang'`), or an object with both and more.
   * @throws ConfigError for a path without a leading slash or a step it does not know.
   */
  script(path: string, steps: readonly ScriptStep[], options?: ScriptOptions): void;

  /** The counts since the start. A copy, as plain JSON. */
  stats(): UpstreamStats;

  /** Resolves once `count` requests have arrived since the start. Rejects when the upstream is closed before that. */
  received(count: number): Promise<void>;

  /** Resolves once no request is in flight: each has its outcome in {@link FlakyUpstream.stats}. */
  idle(): Promise<void>;

  /** Closes every connection and refuses new ones (`ECONNREFUSED`) until {@link FlakyUpstream.accept}, as if the process had died. */
  refuse(): Promise<void>;

  /** Listens again, on the same port. */
  accept(): Promise<void>;

  /** Stops listening, and destroys every connection and timer. After that, it does not keep the process alive. May be called again. */
  close(): Promise<void>;

  /** The same as {@link FlakyUpstream.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a real HTTP server on loopback that answers, fails, stalls and breaks connections as it is told, and counts
 * what it got.
 *
 * It is for tests of code that makes HTTP calls. Everything between the code and the server is real. So it has what a stub
 * of `fetch` leaves out: reset connections, half a body, a server that never answers, a queue that grows.
 * Without options it answers 200 at once. It runs in real time: fake timers and a VirtualClock do not move it.
 *
 * Node, Bun and Deno only. `node:http` is looked up when this is called, so the rest of `holdfast/testing` runs anywhere.
 *
 * @throws ConfigError (as a rejection) for an option that is unknown, of the wrong type or out of range. Also the
 * server's own error when the port is taken.
 *
 * @example
 * await using upstream = await flakyUpstream({ latency: '5ms' });
 * upstream.script('/stock', ['503', 'hang', '200']);
 * const response = await fetch(`${upstream.url}/stock`); // 503
 * upstream.behave({ failureRate: 0.3, faults: { reset: 0.1 } });
 */
export async function flakyUpstream(options?: FlakyUpstreamOptions): Promise<FlakyUpstream> {
  const { seed, port, ...behaviour } = parseData(upstreamSchema, options, 'flakyUpstream');
  const http = builtinModule('node:http') as typeof import('node:http') | undefined;
  if (http?.createServer === undefined) {
    throw new ConfigError(
      'flakyUpstream: this runtime has no node:http; run it in Node, Bun or Deno',
      { path: 'flakyUpstream' },
    );
  }
  const upstream = new LoopbackUpstream(http.createServer(), seed, behaviour);
  await upstream.listen(port);
  return upstream;
}

interface Script {
  readonly steps: readonly ResolvedStep[];
  readonly repeat: 'none' | 'last' | 'all';
  next: number;
}

interface Waiter {
  readonly ready: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class LoopbackUpstream implements FlakyUpstream {
  readonly #server: Server;
  readonly #seed: number;
  readonly #counts = new UpstreamCounts();
  readonly #timers = new UpstreamTimers();
  readonly #scripts = new Map<string, Script>();
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<Exchange>();
  #workers = new Workers();
  #waiters: Waiter[] = [];
  #behaviour: ResolvedBehaviour;
  #port = 0;
  #closed = false;

  constructor(server: Server, seed: number, behaviour: ResolvedBehaviour) {
    this.#server = server;
    this.#seed = seed;
    this.#behaviour = behaviour;
    this.#applyCapacity();
    // The server has no time limits of its own, above all no keep-alive limit. A server that closes an idle
    // connection just as a request is sent on it would fail that request by pure chance.
    server.keepAliveTimeout = 0;
    server.headersTimeout = 0;
    server.requestTimeout = 0;
    server.on('connection', (socket) => this.#onConnection(socket));
    server.on('request', (request, response) => this.#onRequest(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(port: number): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // A number, because with `localhost` a client may try ::1 first, where nobody listens.
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
  }

  behave(behaviour?: UpstreamBehaviour): void {
    this.#behaviour = parseData(behaviourSchema, behaviour, 'behave');
    this.#applyCapacity();
  }

  script(path: string, steps: readonly ScriptStep[], options: ScriptOptions = {}): void {
    const script = parseData(scriptSchema, { ...options, path, steps }, 'script');
    if (script.steps.length === 0) this.#scripts.delete(path);
    else this.#scripts.set(path, { steps: script.steps, repeat: script.repeat, next: 0 });
  }

  stats(): UpstreamStats {
    return this.#counts.snapshot(this.#workers.queued, this.#sockets.size);
  }

  received(count: number): Promise<void> {
    return this.#until(() => this.#counts.requests >= count);
  }

  idle(): Promise<void> {
    return this.#until(() => this.#counts.inFlight === 0);
  }

  async refuse(): Promise<void> {
    await this.#stop();
  }

  async accept(): Promise<void> {
    if (this.#closed) throw new Error('the flaky upstream is closed and cannot accept again');
    if (!this.#server.listening) await this.listen(this.#port);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(wasClosed());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #stop(): Promise<void> {
    // This plays a process that dies. Its work in hand dies with it, and its workers come back fresh.
    this.#timers.clearAll();
    this.#workers.clear();
    this.#workers = new Workers();
    this.#applyCapacity();
    for (const exchange of [...this.#exchanges]) exchange.drop();
    const stopped = this.#server.listening
      ? new Promise<void>((resolve) => this.#server.close(() => resolve()))
      : Promise.resolve();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }

  #applyCapacity(): void {
    const capacity = this.#behaviour.capacity;
    this.#workers.resize(
      capacity?.workers ?? Number.MAX_SAFE_INTEGER,
      capacity?.maxQueued ?? Number.MAX_SAFE_INTEGER,
    );
  }

  #onConnection(socket: Socket): void {
    this.#counts.connections += 1;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    const number = this.#counts.arrive(path);
    const fate = fateOf(this.#behaviour, this.#seed, number, this.#nextStep(path));
    const exchange = new Exchange(request, response, fate, {
      counts: this.#counts,
      workers: this.#workers,
      timers: this.#timers,
      onEnd: () => {
        this.#exchanges.delete(exchange);
        this.#wake();
      },
    });
    this.#exchanges.add(exchange);
    exchange.start();
    this.#wake();
  }

  #nextStep(path: string): ResolvedStep | undefined {
    const script = this.#scripts.get(path);
    if (script === undefined) return undefined;
    const step = script.steps[script.next];
    script.next += 1;
    if (script.next === script.steps.length) {
      if (script.repeat === 'last') script.next -= 1;
      else if (script.repeat === 'all') script.next = 0;
      else this.#scripts.delete(path);
    }
    return step;
  }

  #until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    if (this.#closed) return Promise.reject(wasClosed());
    return new Promise((resolve, reject) => this.#waiters.push({ ready, resolve, reject }));
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter(({ ready, resolve }) => {
      if (!ready()) return true;
      resolve();
      return false;
    });
  }
}

function wasClosed(): Error {
  return new Error('the flaky upstream was closed');
}
