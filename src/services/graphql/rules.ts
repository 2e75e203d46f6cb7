import { answerOf } from '../../fetch/call/callback-answers.js';
import type { Classify } from '../../fetch/overrides.js';
import type { OutgoingRequest } from '../../fetch/request/request.js';
import type { FetchLike, HostFetch, ResponseLike } from '../../fetch/types.js';
import { markStatus } from '../../fetch/verdict/result-notes.js';
import { judge } from './judgement.js';
import type { GraphqlJudging, GraphqlOptions } from './options.js';
import { resolveGraphql, resolveJudging } from './options.js';
import { readAnswer } from './readable-answer.js';
import { operationIn } from './request.js';

/** What {@link graphqlRules} returns: options of `resilientFetch`. */
export interface GraphqlRules<F extends FetchLike = HostFetch> {
  /** Sends, and reads the results that are to be judged. */
  readonly fetch: F;
  /** Judges a result by its errors. */
  readonly classify: Classify;
  /** Queries may be sent twice, mutations may not. */
  readonly idempotent: (request: OutgoingRequest) => boolean | undefined;
}

type Send = (input: unknown, init: unknown) => PromiseLike<ResponseLike>;

/**
 * Options of `resilientFetch` for a server of GraphQL. A result is judged by the codes of its errors, whatever the status of its response. A query that failed is sent again
 * although it is a POST. A mutation is not, unless the call says so (`idempotent`, `idempotencyKey`), or it was certainly not processed.
 *
 * The body of a result is read within its attempt, so that the timeouts bound it. The caller gets a Response that can be read as usual.
 * What comes in parts (`@defer`, subscriptions) passes untouched.
 *
 * @throws ConfigError when an option is wrong.
 * @example
 * const fetch = resilientFetch({ name: 'catalogue', ...graphqlRules() });
 */
export function graphqlRules(options?: GraphqlOptions): GraphqlRules;
/** The same over another fetch. */
export function graphqlRules<F extends FetchLike>(options: GraphqlOptions<F>): GraphqlRules<F>;
export function graphqlRules<F extends FetchLike>(options?: GraphqlOptions<F>): GraphqlRules<F> {
  const { rules, fetch, idempotent, maxBytes } = resolveGraphql(options);
  const results = new WeakMap<ResponseLike, unknown>();

  const send: Send = async (input, init) => {
    const sender = (fetch ?? globalThis.fetch) as Send;
    const { response, text } = await readAnswer(await sender(input, init), maxBytes);
    // Most results have no errors. The text tells without parsing it.
    if (text?.includes('"errors"') === true) results.set(response, parsed(text));
    return response;
  };
  const classify: Classify = (outcome) => {
    if (outcome.kind !== 'success') return undefined;
    const { failed, status } = judge(results.get(outcome.value), rules);
    if (status !== undefined) markStatus(outcome.value, status);
    return failed;
  };
  const mayRepeat = (request: OutgoingRequest): boolean | undefined => {
    const operation = operationIn(request);
    const said = answerOf('graphqlRules.idempotent', 'boolean', idempotent?.(operation));
    if (said !== undefined) return said;
    if (operation.kind === 'query') return true;
    // Servers take mutations by POST alone. One that is not so strict would do it twice, because HTTP's rules let other methods be sent again.
    return operation.kind !== undefined && request.method !== 'POST' ? false : undefined;
  };
  return { fetch: send as unknown as F, classify, idempotent: mayRepeat };
}

/**
 * Whether a result of GraphQL, or a batch of them, is a failure by the codes of its errors, for an `isFailure` or a `handle` of your own.
 *
 * @param result the parsed body.
 * @returns `undefined` if it does not tell: it has no errors, or none whose code is known. Then the status of its response decides.
 * @throws ConfigError when an option is wrong.
 */
export function isGraphqlFailure(result: unknown, options?: GraphqlJudging): boolean | undefined {
  return judge(result, resolveJudging(options)).failed;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
