import type { AttemptClock } from '../../pipeline/contract/context.js';
import { systemClock } from '../../time/clock.js';

/** The part of a request of undici's that is looked at. Each hop of a redirect is one of its own. */
interface UndiciRequest {
  readonly method?: unknown;
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly body?: unknown;
}

/** What is sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
}

/** The part of the socket it is sent on that is looked at. */
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

/** What has been handed over and may still be on its way: about what the buffers of both ends of a connection hold. */
const BUFFERED_BYTES = 8 * 1024 * 1024;

/** One attempt whose body is being sent. Sockets keep the context they were made in, so nothing big may stay reachable from it. */
class Sending {
  readonly #sent: SentRequest;
  #clock: AttemptClock | undefined;
  /** What it asks for, once it is asked. */
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

  /** Whether it is under way and undici has made no request of it yet. */
  get isNew(): boolean {
    return this.#clock !== undefined && this.#request === undefined;
  }

  /**
   * Whether a request that undici makes in this attempt's context is its own, or the next after a redirect. What a body fetches while it is
   * read, and what asks a proxy for a tunnel, is another's.
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

  /** undici makes a request of it. */
  created(request: UndiciRequest): void {
    this.#request = request;
    this.#answered = false;
    this.#socket?.removeListener('drain', this.#onDrain);
    // A redirect without a body may come before all of it was read.
    if (isBodyless(request) && this.#stopped) this.#start(0);
    requests.set(request, this);
  }

  /** It was answered, or failed. */
  answered(request: UndiciRequest): void {
    if (request === this.#request) this.#answered = true;
  }

  /** There is a connection: from now on it is the body that takes the time. */
  begun(request: UndiciRequest, socket: SendingSocket | undefined): void {
    if (this.#clock === undefined || request !== this.#request || isBodyless(request)) return;
    this.#clock.stop();
    this.#stopped = true;
    this.#socket = socket;
    this.#startedAt = systemClock.now();
    this.#bytesBefore = socket?.bytesWritten ?? 0;
  }

  /** undici has handed all of it to the socket. */
  sent(request: UndiciRequest): void {
    if (!this.#stopped || request !== this.#request) return;
    const socket = this.#socket;
    // A buffer is handed over whole. Streams of HTTP/2 share their socket, which says nothing of one of them.
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
 * The time that a body's last part needs to arrive, as a share of what it took to send all of it: at the same pace. What fits into the
 * buffers as a whole was sent at no pace that anybody knows, so that may be as much again.
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

/** A request that had to wait for a connection of its pool is made in the context of whoever left one. */
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
 * Sends a request whose body may take a while: its attempt's clock stands still while the body is being sent, and starts when it has been.
 * undici, and with it Node's fetch, says so on its diagnostics channels. Of all others, nothing is known: their clock counts from the start.
 *
 * Listens only while there are such requests: others would pay for it.
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
  // On Node 22 and before, a store in use makes all promises of the process slower.
  storage?.disable();
}

interface HostProcess {
  getBuiltinModule?(id: string): unknown;
}

/** Answers whether this runtime has what is needed. */
function load(): boolean {
  if (loaded) return storage !== undefined;
  loaded = true;
  const { process: host } = globalThis as { process?: HostProcess };
  try {
    channels = host?.getBuiltinModule?.('node:diagnostics_channel') as DiagnosticsChannel;
    const hooks = host?.getBuiltinModule?.('node:async_hooks') as AsyncHooks | undefined;
    if (channels !== undefined && hooks !== undefined) storage = new hooks.AsyncLocalStorage();
  } catch {
    // A runtime that has the function, and not the modules.
  }
  return storage !== undefined;
}
