import type { ServiceModel } from './model.js';
import { camelCase, Names } from './names.js';
import { operationText } from './operation-text.js';
import { literal, remark } from './quoted.js';
import { type SchemasKind, schemasText } from './schemas-text.js';

/** How a declaration is written. */
export interface DeclarationFormat {
  /** The service's name. */
  readonly name: string;
  /** The document it was read from, for the comment at its start. */
  readonly source: string;
  readonly schemas: SchemasKind;
}

/** The TypeScript file that declares a service. */
export function declarationText(model: ServiceModel, format: DeclarationFormat): string {
  const names = new Names();
  const constant = names.give(camelCase(format.name, 'service'));
  const schemas = schemasText(model, names, format.schemas);
  const operations = model.operations.map((each) => operationText(each, schemas.printer));
  const used = `${schemas.text}${operations.join('')}`;
  const helper = format.schemas === 'none' && used.includes('unchecked<');
  const lines = [
    `// Written by \`holdfast service\` from ${remark(format.source)}: ${remark(`${model.title} ${model.version}`)}.`,
    '// Write it again when the document changes, rather than change it here.',
    ...[
      ...model.notes.map((note) => `Note: ${note}`),
      ...model.leftOut.map((each) => `Left out: ${each}`),
    ].map((line) => `// ${remark(line)}`),
    '',
    imported(`{ defineService${helper ? ', type StandardSchema' : ''} }`, 'holdfast/services'),
    ...(format.schemas === 'zod' && /\bz\./.test(used) ? [imported('* as z', 'zod')] : []),
    '',
    ...(helper ? [UNCHECKED, ''] : []),
    ...(schemas.text === '' ? [] : [schemas.text]),
    ...(model.about === undefined ? [] : [`/** ${remark(model.about)} */`]),
    `export const ${constant} = defineService(${literal(format.name)}, {`,
    `  baseUrl: ${literal(model.baseUrl)},`,
    '  operations: {',
    ...operations.map((text) => text.trimEnd()),
    '  },',
    '});',
    '',
  ];
  return lines.join('\n');
}

const UNCHECKED = `/** Says the type of a value and checks nothing. */
const unchecked = <T>(): StandardSchema<T> => ({
  '~standard': { version: 1, vendor: 'unchecked', validate: (value) => ({ value: value as T }) },
});`;

function imported(what: string, from: string): string {
  return `import ${what} from ${literal(from)};`;
}
