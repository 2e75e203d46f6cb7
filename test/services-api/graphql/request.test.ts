import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationIn } from '../../../src/services/graphql/request.js';

const url = 'http://api.example/graphql';
const post = (params: unknown, at = url) =>
  operationIn({ url: at, method: 'POST', body: JSON.stringify(params) });
const get = (params: Record<string, string>, method = 'GET') =>
  operationIn({ url: `${url}?${new URLSearchParams(params)}`, method });

const QUERY = 'query A { a }';
const MUTATION = 'mutation B { b }';
const UNKNOWN = { kind: undefined, name: undefined };

describe('the operation of a request', () => {
  it('Y2: stands in the body of a POST', () => {
    expect(post({ query: QUERY })).toEqual({ kind: 'query', name: 'A' });
    expect(post({ query: MUTATION, variables: { query: QUERY } })).toEqual({
      kind: 'mutation',
      name: 'B',
    });
    expect(post({ query: `${QUERY} ${MUTATION}`, operationName: 'A' }).kind).toBe('query');
    expect(post({ query: `${QUERY} ${MUTATION}`, operationName: 'B' }).kind).toBe('mutation');
    expect(post({ query: `${QUERY} ${MUTATION}` })).toEqual(UNKNOWN);
    expect(post({ query: QUERY, operationName: null })).toEqual({ kind: 'query', name: 'A' });
    expect(post({ query: QUERY, operationName: '' })).toEqual({ kind: 'query', name: 'A' });
  });

  it('Y2: stands in the URL of a GET, and the body of a GET is not read', () => {
    expect(get({ query: QUERY })).toEqual({ kind: 'query', name: 'A' });
    expect(get({ query: MUTATION }).kind).toBe('mutation');
    expect(get({ query: `${QUERY} ${MUTATION}`, operationName: 'B' }).kind).toBe('mutation');
    expect(get({ query: QUERY }, 'HEAD').kind).toBe('query');
    const body = JSON.stringify({ query: QUERY });
    expect(operationIn({ url, method: 'GET', body })).toEqual(UNKNOWN);
  });

  it('Y2: a body may be of bytes', () => {
    const body = new TextEncoder().encode(JSON.stringify({ query: MUTATION }));
    expect(operationIn({ url, method: 'POST', body }).kind).toBe('mutation');
    expect(operationIn({ url, method: 'POST', body: body.buffer }).kind).toBe('mutation');
  });

  it('Y2: a batch with a mutation is one; otherwise all have to be of one kind', () => {
    expect(post([{ query: QUERY }, { query: '{ c }' }])).toEqual({
      kind: 'query',
      name: undefined,
    });
    expect(post([{ query: QUERY }, { query: MUTATION }]).kind).toBe('mutation');
    expect(post([{ query: QUERY }, {}, { query: MUTATION }]).kind).toBe('mutation');
    expect(post([{ query: QUERY }, {}])).toEqual(UNKNOWN);
    expect(post([])).toEqual(UNKNOWN);
  });

  it('Y2: is not known of a persisted document that is sent by hash or name alone', () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'ab' } };
    expect(post({ operationName: 'A', extensions })).toEqual({ kind: undefined, name: 'A' });
    expect(post({ documentId: 'sha256:ab' })).toEqual(UNKNOWN);
    expect(get({ operationName: 'A', extensions: JSON.stringify(extensions) })).toEqual({
      kind: undefined,
      name: 'A',
    });
    expect(post({ query: QUERY, extensions }).kind).toBe('query');
  });

  it('Y2: is not known if URL and body could mean different ones', () => {
    expect(post({ query: QUERY }, `${url}?query=${encodeURIComponent(MUTATION)}`)).toEqual(UNKNOWN);
    const both = { query: `${QUERY} ${MUTATION}`, operationName: 'A' };
    expect(post(both, `${url}?operationName=B`).kind).toBeUndefined();
    expect(post(both, `${url}?operationName=A`).kind).toBe('query');
    expect(post({ query: QUERY }, `${url}?op=A`).kind).toBe('query');
  });

  it.each([
    undefined,
    null,
    '',
    'query { a }',
    '{"query":',
    '"query { a }"',
    '7',
    'null',
    '{"query":["{ a }"]}',
    '{"query":null}',
    new FormData(),
    new Blob(['{"query":"{ a }"}']),
    new ReadableStream(),
    () => '{"query":"{ a }"}',
    Symbol('body'),
  ])('Y2: is not known of the body %o', (body) => {
    expect(operationIn({ url, method: 'POST', body })).toEqual(UNKNOWN);
  });

  it('Y2: reading one never throws', () => {
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'QUERY');
    const any = fc.oneof(fc.string(), fc.json(), fc.uint8Array(), fc.anything());
    const address = fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }));
    fc.assert(
      fc.property(address, method, any, (at, how, body) => {
        operationIn({ url: at, method: how, body });
      }),
    );
  });
});
