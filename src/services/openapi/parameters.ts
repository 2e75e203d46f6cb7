import { isSchema, type JsonSchema } from './json-schema.js';

/** A parameter as OpenAPI writes it. */
export interface ParameterObject {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

/** The parameters of the path. Those that no schema describes are texts. */
export function pathParameters(names: readonly string[], schema: JsonSchema): ParameterObject[] {
  const { fields } = fieldsOf(schema);
  return names.map((name) => ({
    ...parameter('path', name, fields.get(name) ?? { type: 'string' }),
    required: true,
  }));
}

/** The fields of a query or of headers, one parameter each. */
export function fieldParameters(place: 'query' | 'header', schema: JsonSchema): ParameterObject[] {
  const { fields, required } = fieldsOf(schema);
  return [...fields].map(([name, field]) => ({
    ...parameter(place, name, field),
    required: required.has(name),
  }));
}

function parameter(place: ParameterObject['in'], name: string, field: JsonSchema): ParameterObject {
  const { description, ...schema } = field;
  return {
    name,
    in: place,
    required: false,
    ...(typeof description === 'string' && { description }),
    schema,
  };
}

/** The fields of an object, of all its parts if it is made from several. */
function fieldsOf(schema: JsonSchema): {
  fields: Map<string, JsonSchema>;
  required: Set<unknown>;
} {
  const fields = new Map<string, JsonSchema>();
  const required = new Set<unknown>();
  const { properties, required: names, allOf } = schema;
  for (const [name, field] of Object.entries(isSchema(properties) ? properties : {}))
    fields.set(name, isSchema(field) ? field : {});
  if (Array.isArray(names)) for (const name of names) required.add(name);
  for (const part of Array.isArray(allOf) ? allOf : []) {
    if (!isSchema(part)) continue;
    const more = fieldsOf(part);
    for (const [name, field] of more.fields) fields.set(name, field);
    for (const name of more.required) required.add(name);
  }
  return { fields, required };
}
