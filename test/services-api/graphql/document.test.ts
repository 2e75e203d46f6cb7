import fc from 'fast-check';
import { getOperationAST, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { operationOf, operationsIn } from '../../../src/services/graphql/document.js';

const kindOf = (text: string, name?: string) => operationOf(text, name)?.kind;

describe('operations of a document', () => {
  it.each([
    ['{ stock }', 'query'],
    ['query { stock }', 'query'],
    ['query Stock { stock }', 'query'],
    ['query Stock($id: ID! = "}") @live { stock(id: $id) }', 'query'],
    ['query @live { stock }', 'query'],
    ['query($filter: F = { a: { b: 1 } }) { stock }', 'query'],
    ['mutation { buy }', 'mutation'],
    ['mutation Buy($in: [In!]! = [{ a: "{" }]) { buy(in: $in) { id } }', 'mutation'],
    ['mutation @a(b: {c: "mutation {"}) { buy }', 'mutation'],
    ['subscription Prices { price }', 'subscription'],
    ['query query { query }', 'query'],
    ['query mutation { mutation }', 'query'],
    ['mutation query { query }', 'mutation'],
    ['fragment mutation on Query { a } query { ...mutation }', 'query'],
    ['query { ...F } fragment F on Query @a { mutation }', 'query'],
    ['fragment F on Query { a } mutation { b }', 'mutation'],
    ['# mutation { a }\n{ b }', 'query'],
    ['# query { a }\r mutation { b }', 'mutation'],
    ['"""mutation { a }""" query { b }', 'query'],
    ['query { a(b: """ \\""" } mutation { """) }', 'query'],
    ['query { a(b: "\\" } mutation { c } ") }', 'query'],
    ['query { a(b: "\\\\") } # " }', 'query'],
    ['\uFEFF,, mutation,{a}', 'mutation'],
    ['mutation{a}', 'mutation'],
    ['query A { a } query B { b }', 'query'],
  ])('Y2: %s is a %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it.each([
    [''],
    ['  # nothing'],
    ['fragment F on Query { a }'],
    ['mutation'],
    ['mutation {'],
    ['mutation { a'],
    ['mutation { a } }'],
    ['{ a ] }'],
    ['{ a(b: "no end) }'],
    ['{ a(b: "over\nlines") }'],
    ['{ a(b: """no end") }'],
    ['{ a(b: """no end\\""" ) }'],
    ['type Query { a: Int }'],
    ['mutations { a }'],
    ['(a) { b }'],
    ['= { b }'],
    ['query A { a } mutation B { b }'],
  ])('Y2: what %j does is not known', (text) => {
    expect(kindOf(text)).toBeUndefined();
  });

  it('Y2: of several operations, the one that is named counts', () => {
    const text = 'query A { a } mutation B { b } query C { c }';
    expect(operationsIn(text)).toEqual([
      { kind: 'query', name: 'A' },
      { kind: 'mutation', name: 'B' },
      { kind: 'query', name: 'C' },
    ]);
    expect(operationOf(text, 'A')).toEqual({ kind: 'query', name: 'A' });
    expect(operationOf(text, 'B')).toEqual({ kind: 'mutation', name: 'B' });
    expect(operationOf(text, 'D')).toBeUndefined();
    expect(operationOf(text, undefined)).toBeUndefined();
    expect(operationOf('query A { a } query A { b }', 'A')).toEqual({ kind: 'query', name: 'A' });
    expect(operationOf('query A { a } mutation A { b }', 'A')).toBeUndefined();
    expect(operationOf('query A { a }', undefined)).toEqual({ kind: 'query', name: 'A' });
  });

  const piece = fc.constantFrom(
    ...[
      'query',
      'mutation',
      'subscription',
      'fragment',
      'on',
      'A',
      'B',
      'a',
      '$x',
      '@d',
      '...',
      ':',
    ],
    ...[
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      '"',
      '"""',
      '\\',
      '\\"""',
      '#',
      '\n',
      ' ',
      ',',
      '1',
      '|',
      '=',
    ],
    ...['{ a }', '(a: 1)', '"s"', '"""b"""', '{ a(b: "}") }', 'on Query', '😀'],
  );
  const definition = fc.constantFrom(
    'query A { a }',
    'mutation A($x: I = { a: "}" }) { a(x: $x) }',
    'mutation B @d(x: "query") { mutation }',
    'subscription { a }',
    '{ a(b: "}") c(d: """ { \\""" " """) }',
    'query query { ...query }',
    'fragment query on Q { a(b: "\\" }") }',
    '# {',
    '"""{ mutation """ query B { a }',
    ',',
  );
  const text = fc.oneof(
    fc.array(definition, { maxLength: 5 }).map((definitions) => definitions.join('\n')),
    fc
      .tuple(fc.array(definition, { maxLength: 3 }), piece, fc.nat())
      .map(([definitions, added, at]) => {
        const whole = definitions.join('\n');
        const place = at % (whole.length + 1);
        return whole.slice(0, place) + added + whole.slice(place);
      }),
    fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(' ')),
    fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  );
  const name = fc.constantFrom(undefined, 'A', 'B', 'query');

  it('Y2: for every text it says what the reference parser says, or nothing', () => {
    let understood = 0;
    fc.assert(
      fc.property(text, name, (source, operationName) => {
        const said = operationOf(source, operationName);
        let document: ReturnType<typeof parse>;
        try {
          document = parse(source);
        } catch {
          return; // No server runs it.
        }
        if (document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
          understood++;
        }
        const real = getOperationAST(document, operationName);
        if (!real) return;
        // Two operations of one name are refused by all servers.
        const same = operationsIn(source)?.filter((each) => each.name === real.name?.value);
        if (same?.length === 1) expect(said?.kind).toBe(real.operation);
        else expect([undefined, real.operation]).toContain(said?.kind);
      }),
      { numRuns: 5_000 },
    );
    expect(understood).toBeGreaterThan(500);
  });

  it('Y2: long and hostile texts take no longer than their length asks for', () => {
    const long = 200_000;
    for (const part of ['{', '}', '"', '"""', '\\"""', '#\n', '(', 'query', '\\', ' ']) {
      expect(operationOf(`{ a(b: """${part.repeat(long)}`, undefined)).toBeUndefined();
      operationOf(part.repeat(long), 'A');
    }
    expect(kindOf(`{ a(b: "${'\\"'.repeat(long)}") }`)).toBe('query');
    expect(kindOf(`{ a(b: """${'\\"""'.repeat(long)}""") }`)).toBe('query');
  });
});
