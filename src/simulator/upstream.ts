import type { Clock } from '../time/clock.js';
import type { Chance } from './chance.js';
import type { ResolvedScenario } from './scenario.js';
import { SLOW_FACTOR, SLOW_SHARE } from './scenario.js';
import type { Spell } from './timeline.js';

/** The upstream's own error: a 500, or a connection that is refused or reset. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The upstream answered, and what was asked for is not there: a true answer, and the caller's own mistake. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  readonly status = 404;
}

/** One request on its way. */
export interface Request {
  /** Whether it asks for something that does not exist. */
  readonly missing: boolean;
  /** Nobody waits for its answer any more. */
  gone: boolean;
  answer(error: Error | undefined): void;
}

/** What the servers did. */
export interface UpstreamCounts {
  /** Requests that arrived. */
  requests: number;
  /** Worker time, in milliseconds. */
  workedMs: number;
  /** The part of it whose answer nobody waited for. */
  wastedMs: number;
}

interface Job {
  readonly request: Request;
  readonly fails: boolean;
}

/** A server with workers, and a queue without end that goes on working for callers who are gone. */
class Server {
  readonly #upstream: Upstream;
  readonly #index: number;
  #idle: number;
  #running = new Set<Job>();
  #queue: Job[] = [];
  #head = 0;
  /** Grows with each restart: what a worker did before is lost. */
  #life = 0;

  constructor(upstream: Upstream, index: number, workers: number) {
    this.#upstream = upstream;
    this.#index = index;
    this.#idle = workers;
  }

  get queued(): number {
    return this.#queue.length - this.#head;
  }

  take(job: Job): void {
    if (this.#idle > 0) this.#work(job);
    else this.#queue.push(job);
  }

  /** Loses everything it had, and answers what that was. */
  restart(workers: number): Job[] {
    const lost = [...this.#running, ...this.#queue.slice(this.#head)];
    this.#running = new Set();
    this.#queue = [];
    this.#head = 0;
    this.#idle = workers;
    this.#life++;
    return lost;
  }

  #work(job: Job): void {
    const life = this.#life;
    this.#idle--;
    this.#running.add(job);
    const ms = this.#upstream.serviceMs(this.#index);
    this.#upstream.time.setTimer(() => {
      const alive = life === this.#life;
      this.#upstream.worked(this.#index, job, ms, alive);
      if (!alive) return;
      this.#running.delete(job);
      this.#idle++;
      this.#next();
    }, ms);
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
      this.#work(job);
      return;
    }
  }
}

/** All servers of a simulation, behind a balancer that picks one by chance. */
export class Upstream {
  readonly time: Clock;
  readonly scenario: ResolvedScenario;
  readonly counts: UpstreamCounts = { requests: 0, workedMs: 0, wastedMs: 0 };
  readonly #spells: readonly Spell[];
  readonly #chance: Chance;
  readonly #servers: Server[];

  constructor(time: Clock, scenario: ResolvedScenario, spells: readonly Spell[], chance: Chance) {
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

  /** A worker is done with a call, or its server went away under it. */
  worked(server: number, { request, fails }: Job, ms: number, alive: boolean): void {
    this.counts.workedMs += ms;
    if (request.gone) this.counts.wastedMs += ms;
    if (!alive) return;
    const error = request.missing ? new MissingError('not found') : undefined;
    this.#reply(server, request, fails ? new UpstreamError('500') : error);
  }

  #arrive(request: Request): void {
    this.counts.requests++;
    const server = this.#chance.below(this.#servers.length);
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
    if (fails && !slowly) this.#reply(server, request, new UpstreamError('500'));
    else this.#servers[server]?.take({ request, fails });
  }

  #reply(server: number, request: Request, error: Error | undefined): void {
    let ms = this.scenario.network;
    for (const spell of this.#active(server)) {
      if (spell.kind === 'black_hole') return;
      if (spell.kind === 'delay') ms += spell.by;
    }
    this.time.setTimer(() => {
      if (!request.gone) request.answer(error);
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
    const { workers } = this.scenario;
    for (const [i, server] of this.#servers.slice(0, servers).entries()) {
      this.time.setTimer(
        () => {
          for (const { request } of server.restart(workers)) {
            this.#reply(i, request, new UpstreamError('ECONNRESET'));
          }
        },
        startMs + i * (endMs - startMs),
      );
    }
  }
}
