import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UpstreamCounts, UpstreamOutcome } from './upstream-counts.js';
import type { Fate } from './upstream-fate.js';
import type { UpstreamTimer, UpstreamTimers } from './upstream-timers.js';
import type { Workers } from './upstream-workers.js';

/** What all exchanges of an upstream share. */
export interface ExchangeHost {
  readonly counts: UpstreamCounts;
  readonly workers: Workers;
  readonly timers: UpstreamTimers;
  /** Called once the outcome is counted. */
  readonly onEnd: () => void;
}

/** A slow body comes in at most this many pieces. */
const PIECES = 10;

/** One request, from its arrival to its fate. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #fate: Fate;
  readonly #host: ExchangeHost;
  /** The wait for the next step of the answer. Nobody needs it once the client has left. */
  #wait: UpstreamTimer | undefined;
  #hanging = false;
  #gone = false;
  #ended = false;

  constructor(request: IncomingMessage, response: ServerResponse, fate: Fate, host: ExchangeHost) {
    this.#request = request;
    this.#response = response;
    this.#fate = fate;
    this.#host = host;
  }

  start(): void {
    this.#response.once('close', () => this.#leave('abandoned'));
    // A client may leave in the middle of a write. That is expected.
    this.#response.on('error', () => {});
    this.#request.on('error', () => {});
    // Read the whole request first: closing a socket with unread bytes would send a reset instead of a close.
    this.#request.once('end', () => this.#queue());
    this.#request.resume();
  }

  /** Breaks off, because the upstream itself goes down. */
  drop(): void {
    this.#leave('closed');
  }

  #leave(outcome: UpstreamOutcome): void {
    if (this.#gone) return;
    this.#gone = true;
    if (this.#wait !== undefined) this.#host.timers.clear(this.#wait);
    if (this.#hanging) this.#host.workers.release();
    this.#end(this.#hanging ? 'hung' : outcome);
  }

  #queue(): void {
    if (this.#gone || this.#host.workers.take(() => this.#work())) return;
    const bytes = this.#send(503);
    this.#response.end(bytes);
    this.#end('shed');
  }

  #work(): void {
    const { workers, timers, counts } = this.#host;
    // A service does not notice that a client left while its request was queued. It still does the work, for nobody.
    if (this.#gone) counts.wasted += 1;
    if (this.#fate.fault === 'hang' && !this.#gone) {
      this.#hanging = true;
      return;
    }
    timers.after(this.#fate.serviceMs, () => {
      workers.release();
      this.#after(this.#fate.latencyMs, () => this.#answer());
    });
  }

  #answer(): void {
    const { fault } = this.#fate;
    const socket = this.#request.socket;
    if (fault === 'reset') {
      this.#end('reset');
      socket.resetAndDestroy();
    } else if (fault === 'close') {
      this.#end('closed');
      socket.destroySoon();
    } else if (fault === 'truncate') {
      const bytes = this.#send(this.#fate.status, 1);
      this.#end('truncated');
      this.#response.flushHeaders();
      this.#response.write(bytes.subarray(0, bytes.length / 2), () => socket.destroySoon());
    } else if (fault === 'slow-body') {
      const bytes = this.#send(this.#fate.status);
      this.#response.flushHeaders();
      this.#sendPiece(bytes, 0, Math.max(1, Math.min(PIECES, bytes.length)));
    } else {
      const bytes = this.#send(this.#fate.status);
      this.#finish(bytes);
    }
  }

  #sendPiece(bytes: Uint8Array, piece: number, pieces: number): void {
    const cut = (index: number): number => Math.round((index * bytes.length) / pieces);
    this.#after(this.#fate.slowBodyMs / pieces, () => {
      const part = bytes.subarray(cut(piece), cut(piece + 1));
      if (piece + 1 === pieces) {
        this.#finish(part);
        return;
      }
      this.#response.write(part);
      this.#sendPiece(bytes, piece + 1, pieces);
    });
  }

  /** Sends status and headers, and returns the body to come. The headers promise at least `leastLength` bytes, even if the body is empty. */
  #send(status: number, leastLength = 0): Uint8Array {
    this.#host.counts.status(status);
    const bytes = new TextEncoder().encode(this.#fate.body);
    this.#response.writeHead(status, {
      ...this.#fate.headers,
      ...(status === 204 || status === 304
        ? undefined
        : { 'content-length': Math.max(bytes.length, leastLength) }),
    });
    return bytes;
  }

  #finish(lastBytes: Uint8Array): void {
    this.#response.end(lastBytes);
    this.#end(this.#fate.status < 400 ? 'answered' : 'failed');
  }

  #after(delayMs: number, step: () => void): void {
    if (!this.#gone) this.#wait = this.#host.timers.after(delayMs, step);
  }

  #end(outcome: UpstreamOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#host.counts.end(outcome);
    this.#host.onEnd();
  }
}
