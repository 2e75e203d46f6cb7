import { isSpanContextValid, trace } from '@opentelemetry/api';
import { once } from '../config/once.js';
import { positiveCount } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import type { EventOf, EventType, Listener, PipelineEvent } from '../pipeline/contract/events.js';
import { errorTypeOf } from '../pipeline/reporting/error-type.js';
import { publicKeyOf } from '../pipeline/reporting/label.js';
import type { Clock } from '../time/clock.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { positiveDurationSchema } from '../time/duration.js';
import { FloodGate } from './flood-gate.js';
import { attribute } from './names.js';
import { endedAs } from './span-events.js';

/** A logger, as far as {@link logEvents} needs it. It has the shape of pino's. */
export interface Logger {
  /** Logs details for someone who looks for a fault. */
  debug(fields: object, message: string): void;
  /** Logs what is worth knowing. */
  info(fields: object, message: string): void;
  /** Logs what may need someone's attention. */
  warn(fields: object, message: string): void;
  /** Logs what needs someone's attention. */
  error(fields: object, message: string): void;
}

/** What {@link logEvents} listens to: a pipeline, a keyed one, a client, or a registry with all its members. */
export interface EventSource {
  /** Listens to the events of one type. Returns a function that stops it. */
  on<K extends EventType>(type: K, listener: Listener<EventOf<K>>): () => void;
}

/** What a declared service tells besides events: broken contracts, and fields that nobody declared. */
interface TellsContracts {
  onContract?(listener: (report: ContractLine) => void): () => void;
}

interface ContractLine {
  readonly kind: 'broken' | 'unknown_fields';
  readonly service: string;
  readonly operation: string;
  readonly side: string;
  readonly status: number | undefined;
  readonly enforced: boolean;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

/** Options of {@link logEvents}. */
export interface LogEventsOptions {
  /** How many lines of a kind may be written at once: a whole number >= 1. Default 20. */
  readonly burst?: number | undefined;
  /** When these are used up, how often another line of that kind may be written. Default 10 seconds. */
  readonly every?: Duration | undefined;
  /** The source of time. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

/** The schema of {@link LogEventsOptions}. */
export const logEventsSchema = /* @__PURE__ */ once(() =>
  z.strictObject({
    burst: z._default(positiveCount(), 20),
    every: z._default(positiveDurationSchema(), 10_000),
    clock: z.optional(z.custom<Clock>()),
  }),
);

/**
 * Writes a line to a logger for each change of state of a circuit breaker, for each host that is ejected or used again, and for each call whose retries were used up or cut short, or
 * whose response body failed. Warns when {@link chaos} is on, before what that causes. Successful calls cost nothing more, with one exception: pipelines that have a timeout, and no retry or
 * fallback around it, remember where each call was made.
 *
 * Lines have the names of telemetry's attributes, the number of the call (`holdfast.call_id`), and `trace_id` and `span_id` if there is a
 * span around the call. An outage cannot flood the log. There are four kinds of lines: changes of state and hosts, calls, contracts of declared services, and chaos. Of each kind, `burst`
 * lines are written at once, and then one every `every`. That one says in `suppressed` how many were left out before it.
 *
 * @param of A pipeline, a keyed one, a client, or a registry.
 * @param logger Anything with `debug`, `info`, `warn` and `error(fields, message)`, as pino has them. {@link consoleLogger} makes one from
 * a console.
 * @returns A function that stops it.
 * @throws ConfigError when an argument or option is wrong.
 * @example
 * logEvents(inventory, pino());
 */
export function logEvents(of: EventSource, logger: Logger, options?: LogEventsOptions): () => void {
  checkArguments(of, logger);
  const { burst, every, clock = systemClock } = parseOptions(logEventsSchema, options, 'logEvents');
  const transitions = new FloodGate(burst, every);
  const calls = new FloodGate(burst, every);
  const contracts = new FloodGate(burst, every);
  const chaos = new FloodGate(burst, every);
  /** The chaos policies that are known to be on. */
  const warned = new Set<string>();
  const write = (
    gate: FloodGate,
    level: keyof Logger,
    fields: Record<string, unknown>,
    message: string,
  ): void => {
    const suppressed = gate.pass(clock.now());
    if (suppressed === undefined) return;
    const more = suppressed === 0 ? {} : { suppressed };
    logger[level]({ ...fields, ...more, ...traceIds() }, message);
  };
  const warn = (event: EventOf<'chaos' | 'chaos_started'>): void => {
    const which = policyOf(event);
    if (event.type === 'chaos' && warned.has(which)) return;
    warned.add(which);
    const { seed, forMs } = event as Partial<EventOf<'chaos_started'>>;
    const fields = {
      ...place(event),
      rates: event.rates,
      ...(seed === undefined ? {} : { seed }),
      ...(forMs === undefined ? {} : { [attribute.activeFor]: forMs / 1_000 }),
    };
    const rates = Object.entries(event.rates).map(([kind, rate]) => `${kind} ${rate}`);
    write(chaos, 'warn', fields, `chaos is on in ${event.pipeline}: injects ${rates.join(', ')}`);
  };
  const stops = [
    of.on('transition', (event) => {
      const level = event.to === 'open' || event.to === 'isolated' ? 'warn' : 'info';
      const message = `circuit breaker of ${event.pipeline}: ${event.from} -> ${event.to}`;
      write(transitions, level, transitionFields(event), message);
    }),
    of.on('ejection', (event) => {
      const { reason, enforced, forMs } = event;
      const fields = {
        ...place(event),
        [attribute.reason]: reason,
        ...(forMs === undefined ? {} : { [attribute.ejectedFor]: forMs / 1_000 }),
        ...(enforced ? {} : { [attribute.enforced]: false }),
      };
      write(transitions, 'warn', fields, `a host of ${event.pipeline} stands out by its failures`);
    }),
    of.on('return', (event) => {
      const fields = { ...place(event), [attribute.ejectedFor]: event.ejectedForMs / 1_000 };
      write(transitions, 'info', fields, `a host of ${event.pipeline} is used again`);
    }),
    of.on('retry_stopped', (event) => {
      // Policies further out decide what becomes of the call: a fallback may have answered.
      const message = `retries of ${event.pipeline} ended: ${WHY[event.reason]}`;
      write(calls, 'warn', callFields(event), message);
    }),
    of.on('body_failure', (event) => {
      const { error } = event;
      const fields = { ...place(event), [attribute.errorType]: errorTypeOf(error), err: error };
      write(calls, 'warn', fields, `the body of an answer to ${event.pipeline} failed`);
    }),
    of.on('chaos_started', (event) => warn(event)),
    // It may have been on before.
    of.on('chaos', (event) => warn(event)),
    of.on('chaos_stopped', (event) => {
      warned.delete(policyOf(event));
      const fields = { ...place(event), [attribute.reason]: event.reason };
      write(chaos, 'info', fields, `chaos is off again in ${event.pipeline}`);
    }),
  ];
  const services = of as TellsContracts;
  const stop = services.onContract?.((report) => {
    const { service, operation, side, kind } = report;
    const told =
      kind === 'broken'
        ? `a ${side} of ${service}.${operation} breaks its contract`
        : `a ${side} of ${service}.${operation} has unknown fields`;
    write(contracts, 'warn', contractFields(report), told);
  });
  if (stop !== undefined) stops.push(stop);
  return () => {
    for (const stop of stops) stop();
  };
}

const WHY: Readonly<Record<EventOf<'retry_stopped'>['reason'], string>> = {
  exhausted: 'all failed',
  budget: 'the retry budget is used up',
  deadline: 'no time is left for a retry',
  retry_after: 'the upstream asks for a longer wait than is allowed',
  rejected: 'a policy refused the retry',
};

function checkArguments(of: EventSource, logger: Logger): void {
  const wrong = (path: string, must: string, value: unknown): never => {
    throw new ConfigError(`${path}: ${must}`, { path, value, policy: 'logEvents' });
  };
  if (typeof (of as Partial<EventSource> | null | undefined)?.on !== 'function') {
    wrong('logEvents', 'must be given a pipeline, a keyed one, a client or a registry', of);
  }
  for (const level of ['info', 'warn'] as const) {
    if (typeof (logger as Partial<Logger> | null | undefined)?.[level] !== 'function') {
      wrong('logEvents.logger', `must be a logger with ${level}(fields, message)`, logger);
    }
  }
}

function contractFields({ service, operation, status, enforced, faults }: ContractLine) {
  return {
    [attribute.pipeline]: service,
    [attribute.operation]: operation,
    ...(status === undefined ? {} : { [attribute.statusCode]: status }),
    ...(enforced ? {} : { [attribute.enforced]: false }),
    faults: faults.map(({ path, message }) => `${path}: ${message}`),
  };
}

function transitionFields(event: EventOf<'transition'>): Record<string, unknown> {
  const { from, to, reason, openForMs, enforced } = event;
  return {
    ...place(event),
    [attribute.previousState]: from,
    [attribute.state]: to,
    [attribute.reason]: reason,
    ...(openForMs === undefined ? {} : { [attribute.openFor]: openForMs / 1_000 }),
    ...(enforced ? {} : { [attribute.enforced]: false }),
  };
}

function callFields(event: EventOf<'retry_stopped'>): Record<string, unknown> {
  const { reason, by, attempts, outcome, error } = event;
  return {
    ...place(event),
    [attribute.reason]: reason,
    ...(by === undefined ? {} : { [attribute.rejectedBy]: by }),
    [attribute.attempts]: attempts,
    // A result that is retried is a failure here, whatever it is to others.
    [attribute.outcome]: outcome === 'success' ? 'failure' : outcome,
    ...endedAs(event),
    ...(error === undefined ? {} : { err: error }),
  };
}

/** A policy, with all its copies. */
function policyOf({ pipeline, policy }: PipelineEvent): string {
  return JSON.stringify([pipeline, policy]);
}

function place(event: Pick<PipelineEvent, 'pipeline' | 'key' | 'policy' | 'callId'>) {
  const { pipeline, key, policy, callId } = event;
  return {
    [attribute.pipeline]: pipeline,
    ...(key === undefined ? {} : { [attribute.key]: publicKeyOf(key) }),
    ...(policy === undefined ? {} : { [attribute.policy]: policy }),
    ...(callId === undefined ? {} : { [attribute.callId]: callId }),
  };
}

function traceIds(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}
