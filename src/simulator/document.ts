import type { Priority } from '../pipeline/contract/call-traits.js';
import type { Duration } from '../time/duration.js';

/** A scenario as plain data, so that it can be JSON. Only the name is required. */
export interface Scenario {
  /** The name: 1 to 100 characters. */
  readonly name: string;
  /** What happens, in words. */
  readonly about?: string | undefined;
  /** How many clients make the calls. Each has its own policies. Default: 100. */
  readonly clients?: number | undefined;
  /** A quarter of the clients makes half of the calls. Default: all make the same number. */
  readonly unequal?: boolean | undefined;
  /** Servers behind a balancer that picks one at random. Default: 1. */
  readonly servers?: number | undefined;
  /** How many requests each server works on at the same time. Others wait in an unbounded queue. Default: 4. */
  readonly workers?: number | undefined;
  /** How long a worker takes for a request. Default: 20 ms on average, exponentially spread. */
  readonly service?: ServiceTime | undefined;
  /** Servers skip queued requests whose caller is gone. Default: they work on them, as most servers do. */
  readonly dropsAbandoned?: boolean | undefined;
  /** Servers drop queued requests whose deadline has passed, as far as the requests say it. Default: they work on them. */
  readonly knowsDeadlines?: boolean | undefined;
  /** The time from a client to a server, and the same back. Default: 1 ms. */
  readonly network?: Duration | undefined;
  /** The rate of calls, as a share of the capacity of all servers: above 0, up to 10. They come at random moments. Default: 0.75. */
  readonly load?: number | undefined;
  /** The share of requests that fail at all times. Default: 0. */
  readonly errors?: number | undefined;
  /** How long callers wait. Default: 1 s. */
  readonly deadline?: Duration | undefined;
  /** How long calls keep coming. Default: 120 s. */
  readonly arrivals?: Duration | undefined;
  /** The share of calls of each class; they sum to 1. Default: calls say no class. */
  readonly priorities?: Readonly<Partial<Record<Priority, number | undefined>>> | undefined;
  /** What calls cost, for policies and quotas that count it. Default: calls say no cost. */
  readonly cost?: CallCost | undefined;
  /** What the upstream lets in at most. Default: all. */
  readonly quota?: UpstreamQuota | undefined;
  /** What happens to the servers or to the traffic. Default: nothing. */
  readonly triggers?: readonly Trigger[] | undefined;
}

/** How long a worker takes for a request. */
export interface ServiceTime {
  /** The average. With `bimodal`, that of the quicker requests. Default: 20 ms. */
  readonly mean?: Duration | undefined;
  /** Default: `exponential`. */
  readonly spread?: 'exponential' | 'constant' | 'bimodal' | undefined;
  /** The share of requests that are slow, with `bimodal`. Default: 0.05. */
  readonly slowShare?: number | undefined;
  /** How many times as long the slow requests take. Default: 10. */
  readonly slowFactor?: number | undefined;
}

/** What calls cost: whole numbers from 1 on. */
export interface CallCost {
  /** The average. */
  readonly mean: number;
  /** Default: `exponential`. */
  readonly spread?: 'exponential' | 'constant' | undefined;
}

/** A bucket that fills evenly. A request that finds too little in it is answered at once with a `QuotaError`, and takes nothing. */
export interface UpstreamQuota {
  /** What it holds, and what comes in each `per`. */
  readonly limit: number;
  /** Default: 1 s. */
  readonly per?: Duration | undefined;
  /** Default: `calls`. */
  readonly counts?: 'calls' | 'cost' | undefined;
  /** Whether all clients have one together, or each its own. Default: true. */
  readonly shared?: boolean | undefined;
}

/** When a trigger begins, how long it lasts, and what it hits. */
export interface TriggerTiming {
  /** Default: 30 s after the start. */
  readonly at?: Duration | undefined;
  /** Default: for good. */
  readonly lasts?: Duration | undefined;
  /** By how much the seed makes it shorter or longer, at most. Default: 0. */
  readonly varies?: Duration | undefined;
  /** How many of the servers it hits. Default: all. */
  readonly servers?: number | undefined;
}

/** Something that happens to the servers or to the traffic. */
export type Trigger =
  /** Work takes `factor` times as long (default 10). */
  | ({ readonly kind: 'slowdown'; readonly factor?: number | undefined } & TriggerTiming)
  /** `factor` times as many calls come (default 2.5). */
  | ({ readonly kind: 'spike'; readonly factor?: number | undefined } & TriggerTiming)
  /** Requests and answers are swallowed. */
  | ({ readonly kind: 'black_hole' } & TriggerTiming)
  /** This share of requests fails (default half), at once or, if `slow`, after the work. */
  | ({
      readonly kind: 'errors';
      readonly share?: number | undefined;
      readonly slow?: boolean | undefined;
    } & TriggerTiming)
  /** Connections are refused. */
  | ({ readonly kind: 'refused' } & TriggerTiming)
  /** Answers come later, without more work. */
  | ({ readonly kind: 'delay'; readonly by: Duration } & TriggerTiming)
  /** This share of calls (default half) asks for something that does not exist. To be told so is a true answer. */
  | ({ readonly kind: 'missing_ids'; readonly share?: number | undefined } & TriggerTiming)
  /** One server after the other is away for as long as the trigger `lasts`, and loses the requests that it had. */
  | ({ readonly kind: 'restart' } & TriggerTiming)
  /**
   * The process of the clients is blocked for as long as the trigger `lasts`: no timer fires and no answer or call reaches it. Then its timers
   * that are due fire, and after them comes what has arrived. With `every`, it is blocked so many `times` (default 1).
   */
  | ({
      readonly kind: 'pause';
      readonly every?: Duration | undefined;
      readonly times?: number | undefined;
    } & TriggerTiming);
