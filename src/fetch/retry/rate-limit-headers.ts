import { parseHttpDate } from './http-date.js';

/** The longest wait. An unreasonable number becomes an unreasonable wait, never Infinity. */
const MAX_MS = Number.MAX_SAFE_INTEGER;

/** From here on, a number of seconds is a point in time: the year 2001 as an epoch, 31 years as a wait. */
const EPOCH_SECONDS_FROM = 1e9;
/** From here on, it is a point in time in milliseconds: the year 1973, or 5138 in seconds. */
const EPOCH_MS_FROM = 1e11;

/** A whole or decimal number that is not negative, and nothing else. */
const NUMBER = /^\d+(?:\.\d+)?$/;
const COUNT = /^-?\d+(?:\.\d+)?$/;

/** A number as headers carry it, or `undefined`. */
export function parseAmount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : undefined;
}

/** What remains of a quota. Some servers let it go below zero. `undefined` when it is no number. */
export function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  return COUNT.test(trimmed) ? Number(trimmed) : undefined;
}

/** Rounded up, so that no client comes back too early, and never above the largest safe number. */
export function millis(ms: number): number {
  return Math.min(MAX_MS, Math.ceil(ms));
}

/**
 * The wait that a reset header asks for. There is no standard. The header has seconds from now, or a point
 * in time as seconds or milliseconds since the epoch (their size tells which), or a date.
 */
export function parseReset(text: string, nowMs: number): number | undefined {
  const value = parseAmount(text);
  if (value === undefined) {
    const date = parseHttpDate(text.trim(), nowMs);
    return date === undefined ? undefined : Math.max(0, date - nowMs);
  }
  if (value >= EPOCH_MS_FROM) return millis(Math.max(0, value - nowMs));
  if (value >= EPOCH_SECONDS_FROM) return millis(Math.max(0, value * 1000 - nowMs));
  return millis(value * 1000);
}

/** One quota of a `RateLimit` field. */
export interface Quota {
  /** Its name; empty if it has none. */
  readonly name: string;
  /** How much there is of it, if it says so. */
  readonly limit: number | undefined;
  /** What is left of it, if it says so. */
  readonly remaining: number | undefined;
  /** Seconds until it is restored, if it says so. */
  readonly resetSeconds: number | undefined;
}

/**
 * Reads a `RateLimit` field: `"default";r=0;t=30, "daily";r=5;t=7200`
 * (draft-ietf-httpapi-ratelimit-headers), or the form of its earlier versions,
 * `limit=100, remaining=0, reset=30`. Malformed parts are left out.
 */
export function parseRateLimit(field: string): Quota[] {
  const quotas: Quota[] = [];
  const legacy = new Map<string, string>();
  for (const item of splitOutsideStrings(field, ',')) {
    const [name = '', ...parameters] = splitOutsideStrings(item, ';');
    if (isMember(name)) addMember(legacy, name);
    else quotas.push(quotaOf(name, parameters));
  }
  if (legacy.size > 0) {
    quotas.push({
      name: '',
      limit: parseAmount(legacy.get('limit')),
      remaining: parseCount(legacy.get('remaining')),
      resetSeconds: parseAmount(legacy.get('reset')),
    });
  }
  return quotas;
}

function isMember(text: string): boolean {
  return !text.startsWith('"') && text.includes('=');
}

function addMember(members: Map<string, string>, text: string): void {
  const equals = text.indexOf('=');
  members.set(text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim());
}

function quotaOf(name: string, parameters: readonly string[]): Quota {
  const members = membersOf(parameters);
  const remaining = parseCount(members.get('r'));
  return {
    name: unquoted(name),
    limit: undefined,
    remaining,
    resetSeconds: parseAmount(members.get('t')),
  };
}

function membersOf(parameters: readonly string[]): Map<string, string> {
  const members = new Map<string, string>();
  for (const parameter of parameters) {
    if (parameter.includes('=')) addMember(members, parameter);
  }
  return members;
}

function unquoted(name: string): string {
  return name.replace(/^"|"$/g, '');
}

/** One quota of a `RateLimit-Policy` field. */
export interface QuotaPolicy {
  readonly name: string;
  readonly limit: number | undefined;
  /** How long its window is, if it says so. */
  readonly windowSeconds: number | undefined;
}

/** Reads a `RateLimit-Policy` field: `"default";q=100;w=60`, or the form of its earlier versions, `100;w=60`. */
export function parseRateLimitPolicy(field: string): QuotaPolicy[] {
  return splitOutsideStrings(field, ',').map((item) => {
    const [name = '', ...parameters] = splitOutsideStrings(item, ';');
    const members = membersOf(parameters);
    const windowSeconds = parseAmount(members.get('w'));
    const bare = parseAmount(name);
    if (bare !== undefined) return { name: '', limit: bare, windowSeconds };
    return { name: unquoted(name), limit: parseAmount(members.get('q')), windowSeconds };
  });
}

/** The trimmed parts of a structured field. A separator within a quoted string does not separate. */
function splitOutsideStrings(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
