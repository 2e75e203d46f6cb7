import { isPlain } from '../config/describe.js';
import { ConfigError } from '../errors.js';
import type { Client } from '../fetch/client/client.js';
import { withCallAttributes } from '../telemetry/call-attributes.js';
import { Answered, readAnswer } from './answers.js';
import { nameCall } from './error-names.js';
import { ServiceError } from './errors.js';
import { answerInstead } from './fallbacks.js';
import type { ResolvedOperation } from './operation-options.js';
import type { OperationReports } from './operation-reports.js';
import type { BuiltRequest } from './requests.js';
import { buildRequest } from './requests.js';
import type { AnswerLike } from './response-body.js';

/** What an operation needs of its service. */
export interface Calling {
  readonly client: Client;
  readonly address: () => string;
}

type Options = { readonly signal?: AbortSignal | null | undefined } & Readonly<
  Record<string, unknown>
>;

/** The function that users call for an operation. */
export function operationFunction(
  operation: ResolvedOperation,
  calling: Calling,
  reports: OperationReports,
): unknown {
  const call = (given?: unknown, options?: Options) =>
    runCall(operation, calling, reports, given, options);
  Object.defineProperty(call, 'name', { value: operation.name });
  const isError = (error: unknown, status?: unknown): boolean =>
    isErrorOf(error, status, operation, reports.facts().service);
  return Object.assign(call, { isError });
}

async function runCall(
  operation: ResolvedOperation,
  { client, address }: Calling,
  reports: OperationReports,
  given: unknown,
  options: Options | undefined,
): Promise<unknown> {
  let here = reports;
  try {
    const at = address();
    here = reports.at(at);
    const request = checkedRequest(operation, here, given);
    const { signal, ...own } = checkedOptions(options, here);
    const answer = await send(client, operation, here, at, request, signal, own);
    // A fallback among the policies answers with anything.
    if (!(answer instanceof Answered)) return answer;
    if (answer.error !== undefined) throw answer.error;
    return answer.value;
  } catch (error) {
    const signal = options?.signal ?? undefined;
    if (signal?.aborted === true && error === signal.reason) throw error;
    nameCall(error, here.facts());
    return answerInstead(operation, here.facts(), error, given, signal);
  }
}

/** @throws ConfigError when they are something else, such as a signal by itself, which would be ignored. */
function checkedOptions(options: Options | undefined, reports: OperationReports): Options {
  if (options === undefined || options === null) return {};
  if (typeof options === 'object' && isPlain(options)) return options;
  const { service, operation } = reports.facts();
  const path = `${service}.${operation}.options`;
  throw new ConfigError(`${path}: must be an object with options, such as { signal }`, {
    path,
    value: options,
    policy: 'defineService',
  });
}

/** @throws ServiceContractError */
function checkedRequest(
  operation: ResolvedOperation,
  reports: OperationReports,
  given: unknown,
): BuiltRequest {
  const { request, faults, unsendable } = buildRequest(operation, given);
  const enforced = operation.contract.mode === 'enforce';
  if (unsendable.length > 0 || (faults.length > 0 && enforced)) {
    throw reports.broken('request', [...faults, ...unsendable], true);
  }
  if (faults.length > 0) reports.broken('request', faults, false);
  return request;
}

async function send(
  client: Client,
  operation: ResolvedOperation,
  reports: OperationReports,
  address: string,
  { target, headers, body }: BuiltRequest,
  signal: AbortSignal | null | undefined,
  own: object,
): Promise<unknown> {
  const { method, overrides, as } = operation;
  const url = address + target;
  const init = { method, headers, body, signal: signal ?? undefined };
  const set =
    overrides === undefined && Object.keys(own).length === 0 ? undefined : { ...overrides, ...own };
  const read = (response: AnswerLike) =>
    as === 'response' && isGood(response) ? response : readAnswer(response, operation, reports);
  return withCallAttributes(reports.attributes, () => client.read(url, init, read, set));
}

/** Whether it is a success, or a test double that does not tell. */
function isGood(response: AnswerLike): boolean {
  const { status } = Object(response) as Partial<AnswerLike>;
  return typeof status !== 'number' || (status >= 200 && status < 300);
}

function isErrorOf(
  error: unknown,
  status: unknown,
  { name, errors }: ResolvedOperation,
  service: string,
): boolean {
  if (!(error instanceof ServiceError)) return false;
  if (error.service !== service || error.operation !== name) return false;
  if (status !== undefined) return error.status === status || error.declared === String(status);
  return Object.keys(errors).length === 0 || error.declared !== undefined;
}
