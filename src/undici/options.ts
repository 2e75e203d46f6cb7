import type { Dispatcher, request } from 'undici';
import { once } from '../config/once.js';
import { fnOf } from '../config/schemas.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { clientHint } from '../fetch/hints.js';
import type { ClientOptions, ResolvedClient } from '../fetch/options.js';
import { clientSchema, plainClient } from '../fetch/options.js';
import type { FetchOverrides } from '../fetch/overrides.js';

/** The part of a response that an interceptor's policies see. */
export interface InterceptedResponse {
  /** The status. */
  readonly statusCode: number;
  /** The headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * The settings of one request through the interceptor. Spread them into undici's own options, whose types do not know
 * them.
 */
export interface InterceptedOverrides {
  /** Taken off before the request goes on. */
  readonly holdfast?: FetchOverrides<InterceptedResponse> | undefined;
}

/** Options of {@link resilience}: those of `resilientFetch` that are not about fetch. */
export type ResilienceOptions = ClientOptions<InterceptedResponse>;

/** Options of {@link resilientRequest}. */
export interface ResilientRequestOptions extends ClientOptions<Dispatcher.ResponseData> {
  /** The `request` that sends, of another copy of undici or your own. Default: that of the installed undici. */
  readonly request?: typeof request | undefined;
}

/** What it is in a registry, and the default name of the pipelines. */
export const DEFAULT_NAME = 'undici';

const requestSchema = /* @__PURE__ */ once(() =>
  z.extend(clientSchema(), { request: z.optional(fnOf<typeof request>()) }),
);

/** @throws ConfigError */
export function resolveResilience(options: unknown): ResolvedClient {
  const path = 'resilience';
  const given =
    options === undefined ? plainClient() : parseOptions(clientSchema, options, path, clientHint);
  return { ...given, path, kind: DEFAULT_NAME, name: given.name ?? DEFAULT_NAME } as const;
}

/** @throws ConfigError */
export function resolveRequest(options: unknown) {
  const path = 'resilientRequest';
  const given: z.output<ReturnType<typeof requestSchema>> =
    options === undefined ? plainClient() : parseOptions(requestSchema, options, path, clientHint);
  return { ...given, path, kind: DEFAULT_NAME, name: given.name ?? DEFAULT_NAME } as const;
}
