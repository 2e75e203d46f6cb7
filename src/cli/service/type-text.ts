import { key, remark } from './quoted.js';
import type { Shape } from './shape.js';
import { literalText, type Scope } from './zod-text.js';

/** The TypeScript type of a shape: what zod would infer from its schema, or a wider one. */
export function typeText(shape: Shape, scope: Scope, indent: string): string {
  const text = (part: Shape): string => typeText(part, scope, indent);
  switch (shape.kind) {
    case 'unknown':
    case 'never':
    case 'boolean':
    case 'string':
    case 'number':
      return shape.kind;
    case 'literals':
      return joined(shape.values.map(literalText), ' | ');
    case 'array':
      return /^[\w$]+$/.test(text(shape.items))
        ? `${text(shape.items)}[]`
        : `(${text(shape.items)})[]`;
    case 'tuple': {
      const items = shape.items.map((item, index) =>
        index < shape.required ? text(item) : `(${text(item)} | undefined)?`,
      );
      const rest = shape.rest === undefined ? [] : [`...(${text(shape.rest)})[]`];
      return `[${[...items, ...rest].join(', ')}]`;
    }
    case 'object':
      return objectType(shape, scope, indent);
    case 'record':
      return `{ [key: string]: ${text(shape.values)} }`;
    case 'union':
      return joined(shape.members.map(text), ' | ');
    case 'all':
      return joined(shape.members.map(text), ' & ');
    case 'nullable':
      return joined([text(shape.of), 'null'], ' | ');
    case 'optional':
      return joined([text(shape.of), 'undefined'], ' | ');
    case 'ref':
      return scope.ref(shape);
  }
}

function objectType(shape: Shape & { kind: 'object' }, scope: Scope, indent: string): string {
  const inner = `${indent}  `;
  const fields = scope.fields(shape.fields).map((field) => {
    const about = field.about === undefined ? '' : `${inner}/** ${remark(field.about)} */\n`;
    const text = typeText(field.shape, scope, inner);
    const end = field.required ? `: ${text}` : `?: ${text} | undefined`;
    return `${about}${inner}${key(field.name)}${end};\n`;
  });
  // Beside other fields, an index has to fit them all.
  const rest =
    shape.rest === 'ignored' || shape.rest === 'refused' ? '' : `${inner}[key: string]: unknown;\n`;
  return fields.length === 0 && rest === '' ? '{}' : `{\n${fields.join('')}${rest}${indent}}`;
}

function joined(types: readonly string[], by: string): string {
  return types.length === 1 ? (types[0] ?? 'unknown') : `(${types.join(by)})`;
}
