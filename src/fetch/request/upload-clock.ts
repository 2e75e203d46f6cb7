import { builtinModule } from '../../host.js';
import type { AttemptClock } from '../../pipeline/contract/context.js';
import { systemClock } from '../../time/clock.js';

/** The part of undici's request that is used here. Each hop of a redirect is a request of its own. */
interface UndiciRequest {
  readonly method?: unknown;
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly body?: unknown;
}

/** The request that is sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
}

/** The part of the request's socket that is used here. */
interface SendingSocket {
  readonly alpnProtocol?: unknown;
  readonly bytesWritten?: number;
  readonly writableNeedDrain?: boolean;
  once(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain', listener: () => void): unknown;
}

interface Message {
  readonly request: UndiciRequest;
  readonly socket?: SendingSocket;
}

type Subscriber = (message: Message) => void;

interface DiagnosticsChannel {
  subscribe(name: string, subscriber: Subscriber): void;
  unsubscribe(name: string, subscriber: Subscriber): void;
}

interface Storage {
  run<T>(store: Sending, callback: () => T): T;
  getStore(): Sending | undefined;
  disable(): void;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: new () => Storage;
}

/** How much may have been handed over and still be on its way: about the size of the buffers at both ends of a connection. */
const BUFFERED_BYTES = 8 * 1024 * 1024;

/** One attempt whose body is being sent. Sockets keep the context they were made in, so nothing big may stay reachable from it. */
class Sending {
  readonly #sent: SentRequest;
  #clock: AttemptClock | undefined;
  /** The target of its request, once that is needed. */
  #target: string | undefined;
  #request: UndiciRequest | undefined;
  #answered = false;
  #socket: SendingSocket | undefined;
  #stopped = false;
  #startedAt = 0;
  #bytesBefore = 0;

  constructor(clock: AttemptClock, { method, url }: SentRequest) {
    this.#clock = clock;
    this.#sent = { method, url };
  }

  /** Whether it is under way, and undici has not made a request for it yet. */
  get isNew(): boolean {
    return this.#clock !== undefined && this.#request === undefined;
  }

  /**
   * Whether a request that undici makes in this attempt's context is its own, or the next one after a redirect. Requests that a body makes while
   * it is read, and requests for a proxy's tunnel, are not its own.
   */
  owns({ method }: UndiciRequest): boolean {
    if (this.#clock === undefined) return false;
    return this.#request === undefined ? method === this.#sent.method : this.#answered;
  }

  /** Whether a request that undici makes in another context is this attempt's. */
  awaits({ method, origin, path }: UndiciRequest): boolean {
    if (this.#request !== undefined || method !== this.#sent.method) return false;
    this.#target ??= targetOf(this.#sent.url);
    return this.#target === `${String(origin)}${String(path)}`;
  }

  /** undici makes a request for it. */
  created(request: UndiciRequest): void {
    this.#request = request;
    this.#answered = false;
    this.#socket?.removeListener('drain', this.#onDrain);
    // A redirect without a body may come before all of it was read.
    if (isBodyless(request) && this.#stopped) this.#start(0);
    requests.set(request, this);
  }

  /** The request was answered, or failed. */
  answered(request: UndiciRequest): void {
    if (request === this.#request) this.#answered = true;
  }

  /** There is a connection. From now on the body takes the time. */
  begun(request: UndiciRequest, socket: SendingSocket | undefined): void {
    if (this.#clock === undefined || request !== this.#request || isBodyless(request)) return;
    this.#clock.stop();
    this.#stopped = true;
    this.#socket = socket;
    this.#startedAt = systemClock.now();
    this.#bytesBefore = socket?.bytesWritten ?? 0;
  }

  /** undici has handed the whole body to the socket. */
  sent(request: UndiciRequest): void {
    if (!this.#stopped || request !== this.#request) return;
    const socket = this.#socket;
    // undici hands over a buffer as a whole. Streams of HTTP/2 share a socket, which says nothing about a single one.
    if (socket?.writableNeedDrain === true && socket.alpnProtocol !== 'h2') {
      socket.once('drain', this.#onDrain);
    } else {
      this.#onDrain();
    }
  }

  readonly #onDrain = (): void => {
    const bytes = (this.#socket?.bytesWritten ?? 0) - this.#bytesBefore;
    this.#start((systemClock.now() - this.#startedAt) * shareOnItsWay(bytes));
  };

  #start(extraMs: number): void {
    this.#stopped = false;
    this.#clock?.start(Math.ceil(extraMs));
  }

  /** The attempt is over. */
  end(): void {
    if (this.#clock === undefined) return;
    this.#clock = undefined;
    underWay.delete(this);
    this.#stopped = false;
    this.#socket?.removeListener('drain', this.#onDrain);
    this.#socket = undefined;
    this.#request = undefined;
    if (underWay.size === 0) leave();
  }
}

function targetOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const { origin, pathname, search } = new URL(url);
  return origin + pathname + search;
}

function isBodyless({ body }: UndiciRequest): boolean {
  return body === undefined || body === null;
}

/**
 * How long a body's last part needs to arrive, as a share of the time that sending all of it took, at the same pace. A body that fits into the
 * buffers was sent at an unknown pace, so it may need the same time again.
 */
function shareOnItsWay(bytes: number): number {
  return bytes <= 2 * BUFFERED_BYTES ? 1 : BUFFERED_BYTES / (bytes - BUFFERED_BYTES);
}

const requests = new WeakMap<UndiciRequest, Sending>();
let storage: Storage | undefined;
let channels: DiagnosticsChannel | undefined;
let loaded = false;
/** In the order in which they began. */
const underWay = new Set<Sending>();

/** A request that had to wait for a connection of its pool is made in the context of the request that left one. */
function ownerOf(request: UndiciRequest): Sending | undefined {
  const here = storage?.getStore();
  if (here?.isNew !== true) {
    for (const each of underWay) if (each.awaits(request)) return each;
  }
  return here?.owns(request) === true ? here : undefined;
}

const SUBSCRIBERS: Readonly<Record<string, Subscriber>> = {
  'undici:request:create': ({ request }) => ownerOf(request)?.created(request),
  'undici:client:sendHeaders': ({ request, socket }) =>
    requests.get(request)?.begun(request, socket),
  'undici:request:bodySent': ({ request }) => requests.get(request)?.sent(request),
  'undici:request:headers': ({ request }) => requests.get(request)?.answered(request),
  'undici:request:error': ({ request }) => requests.get(request)?.answered(request),
};

/**
 * Sends a request whose body may take a while. The attempt's clock stands still while the body is sent, and starts afterwards.
 * undici, and with it Node's fetch, reports that on diagnostics channels. Other implementations do not: for them the clock runs from the start.
 *
 * It listens only while there are such requests, since all others would pay for it.
 *
 * @param sent what `send` sends.
 * @param signal of the attempt.
 */
export function sendUpload<T>(
  clock: AttemptClock,
  sent: SentRequest,
  signal: AbortSignal,
  send: () => T,
): T {
  if (!load()) return send();
  const attempt = new Sending(clock, sent);
  if (underWay.size === 0) listen();
  underWay.add(attempt);
  const end = (): void => attempt.end();
  signal.addEventListener('abort', end, { once: true });
  let result: T;
  try {
    result = (storage as Storage).run(attempt, send);
  } catch (error) {
    end();
    throw error;
  }
  Promise.resolve(result).then(end, end);
  return result;
}

function listen(): void {
  for (const name in SUBSCRIBERS) channels?.subscribe(name, SUBSCRIBERS[name] as Subscriber);
}

function leave(): void {
  for (const name in SUBSCRIBERS) channels?.unsubscribe(name, SUBSCRIBERS[name] as Subscriber);
  // On Node 22 and older, a store in use makes all promises of the process slower.
  storage?.disable();
}

/** Returns whether this runtime has what is needed. */
function load(): boolean {
  if (loaded) return storage !== undefined;
  loaded = true;
  channels = builtinModule('node:diagnostics_channel') as DiagnosticsChannel | undefined;
  const hooks = builtinModule('node:async_hooks') as AsyncHooks | undefined;
  if (channels !== undefined && hooks !== undefined) storage = new hooks.AsyncLocalStorage();
  return storage !== undefined;
}
