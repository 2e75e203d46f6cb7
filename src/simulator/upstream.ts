import type { Chance } from './chance.js';
import type { Quota } from './quota.js';
import { QuotaBucket } from './quota.js';
import type { ResolvedScenario } from './scenario.js';
import { SLOW_FACTOR, SLOW_SHARE } from './scenario.js';
import type { Spell } from './timeline.js';
import type { VirtualTime } from './virtual-time.js';

/** The upstream's own error: a 500, or a connection that is refused or reset. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The upstream answered that the thing asked for does not exist. That is a true answer, and the caller's own mistake. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  readonly status = 404;
}

/** One request on its way. */
export interface Request {
  /** Whether it asks for something that does not exist. */
  readonly missing: boolean;
  /** What it costs of a quota. Default: 1. */
  readonly cost?: number | undefined;
  /** Whose quota it takes from, where each client has its own. */
  readonly client?: number | undefined;
  /** The server that it asks for. Default: the balancer picks one. */
  readonly server?: number | undefined;
  /** What it says is left of the time of its caller, in milliseconds. */
  readonly deadlineMs?: number | undefined;
  /** Nobody waits for its answer any more. */
  gone: boolean;
  answer(error: Error | undefined, quota?: Quota): void;
}

/** What the servers did. */
export interface UpstreamCounts {
  /** Requests that arrived. */
  requests: number;
  /** Worker time, in milliseconds. */
  workedMs: number;
  /** The part of it whose answer nobody waited for. */
  wastedMs: number;
  /** Requests that were answered with a {@link QuotaError}. */
  overQuota: number;
  /** Requests that no server began with, because their deadline had passed. */
  expired: number;
}

interface Job {
  readonly request: Request;
  readonly fails: boolean;
  /** When the time of its caller is over, as far as the server knows. */
  readonly deadlineAtMs: number;
}

/** What a worker works on. */
interface Work {
  readonly startMs: number;
  readonly timer: unknown;
}

/** A server with workers and an unbounded queue. It goes on working for callers who are gone, unless the scenario says otherwise. */
class Server {
  readonly #upstream: Upstream;
  readonly #index: number;
  readonly #workers: number;
  #running = new Map<Job, Work>();
  #queue: Job[] = [];
  #head = 0;

  constructor(upstream: Upstream, index: number, workers: number) {
    this.#upstream = upstream;
    this.#index = index;
    this.#workers = workers;
  }

  get queued(): number {
    return this.#queue.length - this.#head;
  }

  take(job: Job): void {
    if (this.#running.size >= this.#workers) this.#queue.push(job);
    else if (!this.#isTooLate(job)) this.#work(job);
  }

  /** Loses all the requests it had, and returns them. */
  restart(): Request[] {
    const { time } = this.#upstream;
    for (const [{ request }, { startMs, timer }] of this.#running) {
      time.clearTimer(timer);
      this.#upstream.worked(request, time.now() - startMs);
    }
    const lost = [...this.#running.keys(), ...this.#queue.slice(this.#head)];
    this.#running = new Map();
    this.#queue = [];
    this.#head = 0;
    return lost.map(({ request }) => request);
  }

  #work(job: Job): void {
    const { time } = this.#upstream;
    const ms = this.#upstream.serviceMs(this.#index);
    const timer = time.setTimer(() => {
      this.#running.delete(job);
      this.#upstream.worked(job.request, ms);
      this.#upstream.finish(this.#index, job.request, job.fails);
      this.#next();
    }, ms);
    this.#running.set(job, { startMs: time.now(), timer });
  }

  #next(): void {
    const { dropsAbandoned } = this.#upstream.scenario;
    while (this.#head < this.#queue.length) {
      const job = this.#queue[this.#head++] as Job;
      if (this.#head > 1_000 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      if (dropsAbandoned && job.request.gone) continue;
      if (this.#isTooLate(job)) continue;
      this.#work(job);
      return;
    }
  }

  /** Whether a job is not worth to begin with. Its caller is told so. */
  #isTooLate({ request, deadlineAtMs }: Job): boolean {
    if (this.#upstream.time.now() < deadlineAtMs) return false;
    this.#upstream.expire(this.#index, request);
    return true;
  }
}

/** All servers of a simulation, behind a balancer that picks one at random. */
export class Upstream {
  readonly time: VirtualTime;
  readonly scenario: ResolvedScenario;
  readonly counts: UpstreamCounts = {
    requests: 0,
    workedMs: 0,
    wastedMs: 0,
    overQuota: 0,
    expired: 0,
  };
  readonly #spells: readonly Spell[];
  readonly #chance: Chance;
  readonly #servers: Server[];
  /** By client; under one key where all share a quota. */
  readonly #quotas = new Map<number | undefined, QuotaBucket>();

  constructor(
    time: VirtualTime,
    scenario: ResolvedScenario,
    spells: readonly Spell[],
    chance: Chance,
  ) {
    this.time = time;
    this.scenario = scenario;
    this.#spells = spells;
    this.#chance = chance;
    const { servers, workers } = scenario;
    this.#servers = Array.from({ length: servers }, (_, i) => new Server(this, i, workers));
    for (const spell of spells) if (spell.kind === 'restart') this.#planRestarts(spell);
  }

  /** Requests in all queues. */
  get queued(): number {
    return this.#servers.reduce((sum, server) => sum + server.queued, 0);
  }

  /** A client sends a request. */
  send(request: Request): void {
    this.time.setTimer(() => this.#arrive(request), this.scenario.network);
  }

  /** How long a worker takes for the next call. */
  serviceMs(server: number): number {
    const {
      mean,
      spread,
      slowShare = SLOW_SHARE,
      slowFactor = SLOW_FACTOR,
    } = this.scenario.service;
    let ms = mean;
    if (spread === 'exponential') ms = this.#chance.exponential(mean);
    else if (spread === 'bimodal' && this.#chance.next() < slowShare) ms = mean * slowFactor;
    for (const spell of this.#active(server)) if (spell.kind === 'slowdown') ms *= spell.factor;
    return ms;
  }

  /** A worker has spent this long on a request. */
  worked({ gone }: Request, ms: number): void {
    this.counts.workedMs += ms;
    if (gone) this.counts.wastedMs += ms;
  }

  /** A server does not begin with a request whose deadline has passed. */
  expire(server: number, request: Request): void {
    this.counts.expired++;
    this.#reply(server, request, new UpstreamError('504'));
  }

  /** A worker is done with a request. */
  finish(server: number, request: Request, fails: boolean): void {
    const error = request.missing ? new MissingError('not found') : undefined;
    this.#reply(server, request, fails ? new UpstreamError('500') : error);
  }

  #arrive(request: Request): void {
    this.counts.requests++;
    const picked = this.#chance.below(this.#servers.length);
    const server = request.server ?? picked;
    let fails = this.#chance.next() < this.scenario.errors;
    let slowly = false;
    for (const spell of this.#active(server)) {
      if (spell.kind === 'black_hole') return;
      if (spell.kind === 'refused' || spell.kind === 'restart') {
        this.#reply(server, request, new UpstreamError('ECONNREFUSED'));
        return;
      }
      if (spell.kind !== 'errors' || this.#chance.next() >= spell.share) continue;
      fails = true;
      slowly ||= spell.slow;
    }
    const spent = this.#quotaOf(request)?.take(request.cost ?? 1, this.time.now());
    if (spent !== undefined) {
      this.counts.overQuota++;
      this.#reply(server, request, spent);
    } else if (fails && !slowly) {
      this.#reply(server, request, new UpstreamError('500'));
    } else {
      const { deadlineMs = Infinity } = request;
      const knownMs = this.scenario.knowsDeadlines ? deadlineMs : Infinity;
      const deadlineAtMs = this.time.now() + knownMs;
      this.#servers[server]?.take({ request, fails, deadlineAtMs });
    }
  }

  #quotaOf({ client }: Request): QuotaBucket | undefined {
    const { quota } = this.scenario;
    if (quota === undefined) return undefined;
    const key = quota.shared ? undefined : client;
    const bucket = this.#quotas.get(key) ?? new QuotaBucket(quota);
    this.#quotas.set(key, bucket);
    return bucket;
  }

  #reply(server: number, request: Request, error: Error | undefined): void {
    let ms = this.scenario.network;
    for (const spell of this.#active(server)) {
      if (spell.kind === 'black_hole') return;
      if (spell.kind === 'delay') ms += spell.by;
    }
    const quota = this.#quotaOf(request)?.read(this.time.now());
    this.time.deliver(() => {
      if (!request.gone) request.answer(error, quota);
    }, ms);
  }

  /** The triggers in force at a server now. */
  *#active(server: number): Iterable<Spell> {
    const now = this.time.now();
    for (const spell of this.#spells) {
      if (server >= (spell.servers ?? this.#servers.length)) continue;
      // One server after the other.
      const shiftMs = spell.kind === 'restart' ? server * (spell.endMs - spell.startMs) : 0;
      if (now >= spell.startMs + shiftMs && now < spell.endMs + shiftMs) yield spell;
    }
  }

  #planRestarts({ startMs, endMs, servers = this.#servers.length }: Spell): void {
    for (const [i, server] of this.#servers.slice(0, servers).entries()) {
      this.time.setTimer(
        () => {
          for (const request of server.restart()) {
            this.#reply(i, request, new UpstreamError('ECONNRESET'));
          }
        },
        startMs + i * (endMs - startMs),
      );
    }
  }
}
