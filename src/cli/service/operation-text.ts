import type { OperationModel, ParameterModel } from './model.js';
import { key, literal, remark } from './quoted.js';
import type { SchemaPrinter } from './schemas-text.js';
import type { Field, Shape } from './shape.js';

const INDENT = '      ';

/** One operation, as a member of `operations`. */
export function operationText(operation: OperationModel, schema: SchemaPrinter): string {
  const { name, method, path, summary, deprecated, params, query, openQuery, headers } = operation;
  const { idempotencyKey, body, response, as, errors, notes } = operation;
  const sent = (shape: Shape): string => schema(shape, 'request', INDENT);
  const members = [
    ...notes.map((note) => `// ${remark(note)}`),
    `method: '${method}',`,
    `path: ${literal(path)},`,
    ...(summary === undefined ? [] : [`summary: ${literal(oneLine(summary))},`]),
    ...(deprecated ? ['deprecated: true,'] : []),
    ...(params.length === 0 ? [] : [`params: ${sent(record(params, 'ignored'))},`]),
    ...(query.length === 0 && !openQuery
      ? []
      : [`query: ${sent(record(query, openQuery ? 'kept' : 'ignored'))},`]),
    // A caller may always add some, such as credentials.
    ...(headers.length === 0 ? [] : [`headers: ${sent(record(headers, 'kept'))},`]),
    ...(body === undefined ? [] : [`body: ${body === 'raw' ? "'raw'" : sent(bodyShape(body))},`]),
    ...(as === undefined ? [] : [`as: '${as}',`]),
    ...(response === undefined ? [] : [`response: ${schema(response, 'response', INDENT)},`]),
    ...errorsText(errors, schema),
    ...(idempotencyKey ? ['idempotencyKey: true,'] : []),
  ];
  const comment = deprecated ? '    /** @deprecated */\n' : '';
  return `${comment}    ${key(name)}: {\n${members.map((each) => `${INDENT}${each}\n`).join('')}    },\n`;
}

function record(parameters: readonly ParameterModel[], rest: 'ignored' | 'kept'): Shape {
  const fields = parameters.map(
    ({ name, shape, required, about }): Field => ({
      name,
      shape,
      required,
      ...(about !== undefined && { about }),
    }),
  );
  return { kind: 'object', fields, rest };
}

function bodyShape({
  shape,
  required,
}: {
  readonly shape: Shape;
  readonly required: boolean;
}): Shape {
  return required ? shape : { kind: 'optional', of: shape };
}

function errorsText(errors: OperationModel['errors'], schema: SchemaPrinter): string[] {
  if (errors.length === 0) return [];
  const inner = `${INDENT}  `;
  const lines = errors.map(
    ({ key: status, shape }) =>
      `${inner}${/^\d+$/.test(status) ? status : key(status)}: ${schema(shape, 'response', inner)},\n`,
  );
  return [`errors: {\n${lines.join('')}${INDENT}},`];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200).trimEnd()} ...` : line;
}
