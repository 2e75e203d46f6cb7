import { markAnswerFault } from '../fetch/verdict/answer-fault.js';
import { isFailedAnswer } from '../fetch/verdict/verdict.js';
import type { Checked } from './contract/check.js';
import { check } from './contract/check.js';
import type { ContractFault } from './contract/report.js';
import { unknownFields } from './contract/unknown-fields.js';
import type { AnySchema } from './declaration.js';
import { ServiceError } from './errors.js';
import type { ResolvedOperation } from './operation-options.js';
import type { OperationReports } from './operation-reports.js';
import type { AnswerLike } from './response-body.js';
import { assertJsonType, BodyFault, jsonOf, readBytes, textOf } from './response-body.js';

/** How a call was answered: with a value, or with an error that is no fault of the answer. */
export class Answered {
  readonly value: unknown;
  readonly error: ServiceError | Error | undefined;

  constructor(value: unknown, error?: Error) {
    this.value = value;
    this.error = error;
  }
}

/**
 * Reads an answer, and checks it against the contract. Within the policies, this is a part of the attempt.
 *
 * @throws ServiceContractError for an answer that breaks its contract, if that counts as a failure; what the connection fails with.
 */
export async function readAnswer(
  response: AnswerLike,
  operation: ResolvedOperation,
  reports: OperationReports,
): Promise<Answered> {
  const { status } = response;
  return status >= 200 && status < 300
    ? new Answer(response, operation, reports).success()
    : new Answer(response, operation, reports).error();
}

class Answer {
  readonly #response: AnswerLike;
  readonly #operation: ResolvedOperation;
  readonly #reports: OperationReports;

  constructor(response: AnswerLike, operation: ResolvedOperation, reports: OperationReports) {
    this.#response = response;
    this.#operation = operation;
    this.#reports = reports;
  }

  async success(): Promise<Answered> {
    const { as, response: schema, contract } = this.#operation;
    if (as === 'nothing') return new Answered(undefined);
    const read = await this.#read();
    if (read.faults !== undefined) return this.#broken(read.faults);
    const { value } = read;
    if (schema === undefined) return new Answered(value);
    const checked = await this.#checked(schema, value);
    if (checked.faults === undefined) {
      this.#reportUnknown(value, checked.value, schema);
      return new Answered(checked.value);
    }
    if (contract.mode === 'enforce') return this.#broken(checked.faults);
    this.#reports.broken('response', checked.faults, false, this.#response.status);
    return new Answered(value);
  }

  /** An answer with a status that is no success. */
  async error(): Promise<Answered> {
    const { status } = this.#response;
    const { errors, contract } = this.#operation;
    const declared = [String(status), `${String(status)[0]}xx`, 'default'].find((key) =>
      Object.hasOwn(errors, key),
    );
    const schema = declared === undefined ? undefined : errors[declared];
    if (this.#operation.method === 'HEAD') return this.#statusError(undefined, declared);
    if (schema === undefined) return this.#statusError(await this.#undeclared(), undefined);
    const read = await this.#readJson(false);
    if (read.faults !== undefined) return this.#broken(read.faults);
    const { value } = read;
    const checked = await this.#checked(schema, value);
    if (checked.faults === undefined) return this.#statusError(checked.value, declared);
    if (contract.mode === 'enforce') return this.#broken(checked.faults);
    this.#reports.broken('response', checked.faults, false, status);
    return this.#statusError(value, declared);
  }

  #statusError(data: unknown, declared: string | undefined): Answered {
    const { status, headers } = this.#response;
    const failed = isFailedAnswer(this.#response);
    const facts = this.#reports.facts();
    const error = new ServiceError(`${facts.service}.${facts.operation}: answered ${status}`, {
      ...facts,
      ...{ status, data, declared, failed, headers },
    });
    return new Answered(undefined, error);
  }

  /** The body of an answer that nobody declared: JSON, or text, or nothing if it cannot be read. */
  async #undeclared(): Promise<unknown> {
    const type = this.#response.headers.get('content-type');
    let bytes: Uint8Array;
    try {
      bytes = await readBytes(this.#response, this.#operation.maxBytes);
    } catch (error) {
      if (error instanceof BodyFault) return undefined;
      throw error;
    }
    if (bytes.length === 0) return undefined;
    try {
      return jsonOf(bytes, type);
    } catch {
      try {
        return textOf(bytes, type, false);
      } catch {
        return bytes;
      }
    }
  }

  #read(): Promise<Checked> {
    const { as, maxBytes, checksType } = this.#operation;
    if (as === 'json') return this.#readJson(checksType);
    return this.#reading(async () => {
      const bytes = await readBytes(this.#response, maxBytes);
      if (as === 'bytes') return bytes;
      return textOf(bytes, this.#response.headers.get('content-type'), false);
    });
  }

  #readJson(checksType: boolean): Promise<Checked> {
    return this.#reading(async () => {
      const { headers, status } = this.#response;
      const type = headers.get('content-type');
      // Of a body without content, the type says nothing.
      const isEmpty = headers.get('content-length') === '0' || status === 204 || status === 205;
      if (checksType && !isEmpty) assertJsonType(type);
      const bytes = await readBytes(this.#response, this.#operation.maxBytes);
      return bytes.length === 0 ? undefined : jsonOf(bytes, type);
    });
  }

  async #reading(read: () => Promise<unknown>): Promise<Checked> {
    try {
      return { value: await read() };
    } catch (error) {
      if (!(error instanceof BodyFault)) throw error;
      return { faults: [{ path: 'body', message: error.message }] };
    }
  }

  async #checked(schema: AnySchema, value: unknown): Promise<Checked> {
    const checked = await check(schema, value, 'body');
    if (checked.faults === undefined || value !== undefined) return checked;
    return { faults: [{ path: 'body', message: 'is empty' }] };
  }

  #broken(faults: readonly ContractFault[]): Answered {
    const error = this.#reports.broken('response', faults, true, this.#response.status);
    if (!this.#operation.contract.countFailures) return new Answered(undefined, error);
    markAnswerFault(error);
    throw error;
  }

  #reportUnknown(value: unknown, made: unknown, schema: AnySchema): void {
    const { unknownFields: mode } = this.#operation.contract;
    if (mode === 'ignore') return;
    const faults = unknownFields(value, made, schema, mode === 'name');
    if (faults.length > 0) this.#reports.unknown(faults, this.#response.status);
  }
}
