import ts from '@typescript/typescript6';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/cli/service/json.js';
import { documentOf, run, written } from './written.js';

/** Whatever text a document has, the file is the same program: text stays in strings and comments. */

/** Text that would do something, if it were code. */
const BITS = [
  '*/ canary() /*',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this must stay text.
  '`${canary()}`',
  "'+canary()+'",
  '"+canary()+"',
  '\n canary() //',
  '\u2028canary()//',
  '\\',
  "\\'",
  '/canary()/',
  '//',
  '@ts-nocheck',
  '@ts-expect-error',
  '__proto__',
  'constructor',
  '</script>',
  '\ud800',
  '\u202e',
  '\0',
  '{id}',
  ':id',
  '~1',
  '#',
  'é',
  '注',
  '🙂',
  ' ',
  '$ref',
  'z',
  'class',
];
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.array(fc.constantFrom(...BITS), { maxLength: 4 }).map((bits) => bits.join('')),
);

const schema = (depth: number): fc.Arbitrary<Json> =>
  fc.oneof(
    { depthSize: 'small', maxDepth: depth },
    fc.record(
      { type: fc.constant('string'), pattern: text, description: text, format: text },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      { enum: fc.array(text, { minLength: 1, maxLength: 3 }), default: text, title: text },
      { requiredKeys: ['enum'] },
    ),
    fc.record({
      $ref: text.map(
        (name) => `#/components/schemas/${encodeURIComponent(name.replace(/\p{Cs}/gu, ''))}`,
      ),
    }),
    fc
      .tuple(
        fc.array(fc.tuple(text, fc.record({ type: fc.constant('string'), description: text })), {
          maxLength: 3,
        }),
        text,
      )
      .map(([properties, description]) => ({
        type: 'object',
        description,
        required: properties.map(([name]) => name),
        properties: Object.fromEntries(properties),
      })),
  ) as fc.Arbitrary<Json>;

const documents = fc
  .record({
    title: text,
    description: text,
    schemas: fc.array(fc.tuple(text, schema(1)), { maxLength: 4 }),
    operations: fc.array(
      fc.record({
        path: text,
        id: fc.option(text),
        summary: text,
        param: text,
        answer: schema(2),
        status: text,
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ title, description, schemas, operations }): JsonObject => {
    const paths = Object.fromEntries(
      operations.map(({ path, id, summary, param, answer, status }): [string, JsonObject] => [
        `/${path}/{${param}}`,
        {
          get: {
            ...(id !== null && { operationId: id }),
            summary,
            tags: [summary],
            security: [{ [summary]: [] }],
            parameters: [
              {
                name: param,
                in: 'path',
                required: true,
                description: summary,
                schema: { type: 'string' },
              },
              { name: summary, in: 'query', schema: { type: 'string' } },
              { name: summary, in: 'header', schema: { enum: [summary] } },
              { name: param, in: 'cookie' },
            ],
            responses: {
              200: { description: summary, content: { 'application/json': { schema: answer } } },
              [status]: { description: status, content: { [summary]: { schema: {} } } },
              404: { description: summary },
            },
          },
        },
      ]),
    );
    const named = Object.fromEntries(schemas);
    return {
      ...documentOf({ '/good': { get: { responses: {} } }, ...paths }, named),
      info: { title, version: title, description },
    };
  });

/** What of a file would be a sign that text of the document became code. */
function signs(code: string): string[] {
  const file = ts.createSourceFile('a.ts', code, ts.ScriptTarget.ES2022, true);
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.Diagnostic[] };
  const found = parseDiagnostics.map(({ messageText }) => String(messageText));
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node) || ts.isTaggedTemplateExpression(node))
      found.push('a template');
    if (ts.isBinaryExpression(node)) found.push('an operator');
    if (ts.isCallExpression(node) && node.expression.getText() === 'canary') found.push('a call');
    ts.forEachChild(node, visit);
  };
  visit(file);
  for (const statement of file.statements)
    if (
      !ts.isImportDeclaration(statement) &&
      !ts.isVariableStatement(statement) &&
      !ts.isTypeAliasDeclaration(statement)
    )
      found.push(statement.getText());
  const { pragmas, commentDirectives = [] } = file as unknown as {
    pragmas: ReadonlyMap<string, unknown>;
    /** `@ts-expect-error` and its like. */
    commentDirectives?: readonly unknown[];
  };
  if (commentDirectives.length > 0) found.push('a directive');
  return [...found, ...pragmas.keys()];
}

describe('hostile documents', () => {
  it('are recognized by this test', () => {
    expect(signs('canary();')).toEqual(['a call', 'canary();']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this must stay text.
    expect(signs('// @ts-nocheck\nconst a = `${b}` + 1;')).toEqual([
      'an operator',
      'a template',
      'ts-nocheck',
    ]);
    expect(signs('/** @ts-ignore */\nconst a = 1;')).toEqual(['a directive']);
    expect(signs('const a = ;')).not.toEqual([]);
  });

  it.each(['zod', 'none'] as const)(
    'give a file that parses, runs and has none of their text as code (%s)',
    (schemas) => {
      let read = 0;
      fc.assert(
        fc.property(documents, (document) => {
          let code: string;
          try {
            code = written(document, { schemas });
          } catch (error) {
            // A reference that leads to nothing is refused, and says so.
            expect(String(error)).toMatch(/leads to nothing|not understood/);
            return;
          }
          read += 1;
          expect(signs(code)).toEqual([]);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
          expect(code).not.toMatch(/[\0-\x09\x0b-\x1f\u2028\u2029\u202e\ud800]/u);
          run(code);
        }),
        { numRuns: 300 },
      );
      expect(read).toBeGreaterThan(30);
    },
  );
});
