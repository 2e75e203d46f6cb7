import type {
  ResolvedBehaviour,
  ResolvedLatency,
  ResolvedStep,
  UpstreamFault,
} from './upstream-behaviour.js';
import { FAULTS } from './upstream-behaviour.js';
import { draw, logNormal } from './upstream-random.js';

/** What happens to one request. */
export interface Fate {
  readonly fault: UpstreamFault | undefined;
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly latencyMs: number;
  /** How long the request keeps a worker busy. */
  readonly serviceMs: number;
  readonly slowBodyMs: number;
}

/**
 * The fate of request number `request`. It is pure, and each request's fate is drawn by itself. It depends neither on the
 * fates before it nor on how many draws those took. So a run stays repeatable if the behaviour changes on the way.
 */
export function fateOf(
  behaviour: ResolvedBehaviour,
  seed: number,
  request: number,
  step?: ResolvedStep,
): Fate {
  const random = (purpose: number): number => draw(seed, request, purpose);
  const { fault, status } =
    step === undefined ? chance(behaviour, random) : scripted(behaviour, step);
  const retryAfter = step?.retryAfter ?? behaviour.retryAfter;
  const asksToWait = status === 429 || status === 503 || step?.retryAfter !== undefined;
  return {
    fault,
    status,
    body: step?.body ?? behaviour.body,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && asksToWait
        ? { 'retry-after': String(retryAfter / 1_000) }
        : undefined),
      ...lowerCased(behaviour.headers),
      ...lowerCased(step?.headers),
    },
    latencyMs: sample(step?.latency ?? behaviour.latency, random(2), random(3)),
    serviceMs:
      behaviour.capacity === undefined
        ? 0
        : sample(behaviour.capacity.serviceTime, random(4), random(5)),
    slowBodyMs: behaviour.slowBody,
  };
}

function chance(
  behaviour: ResolvedBehaviour,
  random: (purpose: number) => number,
): { fault: UpstreamFault | undefined; status: number } {
  let left = random(0);
  for (const fault of FAULTS) {
    left -= behaviour.faults[fault] ?? 0;
    if (left < 0) return { fault, status: behaviour.status };
  }
  if (left >= behaviour.failureRate) return { fault: undefined, status: behaviour.status };
  const statuses = behaviour.failureStatuses;
  const status = statuses[Math.floor(random(1) * statuses.length)] ?? behaviour.status;
  return { fault: undefined, status };
}

function scripted(
  behaviour: ResolvedBehaviour,
  step: ResolvedStep,
): { fault: UpstreamFault | undefined; status: number } {
  return { fault: step.fault, status: step.status ?? behaviour.status };
}

function sample(latency: ResolvedLatency, u: number, v: number): number {
  return typeof latency === 'number' ? latency : logNormal(latency.median, latency.p99, u, v);
}

/** Lowers the case of header names, so that those of two sources override each other. */
function lowerCased(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
