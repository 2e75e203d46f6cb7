import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContractError } from '../../src/errors.js';
import {
  bodyForAttempt,
  bodyKind,
  canSendAgain,
  keepBody,
  needsDuplex,
} from '../../src/fetch/request/body.js';
import { implementations } from './support/implementations.js';
import { Servers } from './support/servers.js';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text));
async function* generator(): AsyncGenerator<Uint8Array> {
  yield bytesOf('abc');
}
const stream = (): ReadableStream => new Blob(['abc']).stream();

interface Received {
  readonly type: string | undefined;
  readonly body: Buffer<ArrayBuffer>;
}

interface Case {
  readonly kind: string;
  /** A body, and what changes it after the call was made. */
  readonly make: () => { body: unknown; change?: () => void };
}

const unchanging = (body: unknown): { body: unknown } => ({ body });

describe.each(implementations)('$name', ({ fetch, FormData }) => {
  const servers = new Servers();
  const received: Received[] = [];
  let url = '';

  beforeAll(async () => {
    const port = await servers.http(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      received.push({ type: request.headers['content-type'], body });
      response.end();
    });
    url = `http://127.0.0.1:${port}/`;
  });
  afterAll(() => servers.close());

  const send = async (body: unknown): Promise<Received> => {
    const duplex = needsDuplex(body) ? { duplex: 'half' } : {};
    await fetch(url, { method: 'PUT', body, ...duplex } as RequestInit);
    return received.at(-1) as Received;
  };

  const large = Buffer.alloc(300_000, 'holdfast');
  const cases: Case[] = [
    { kind: 'a string', make: () => unchanging('größer') },
    { kind: 'an empty string', make: () => unchanging('') },
    {
      kind: 'a Buffer',
      make: () => {
        const body = Buffer.from(large);
        return { body, change: () => body.fill(0) };
      },
    },
    {
      kind: 'a part of a Buffer',
      make: () => {
        const whole = Buffer.from('0123456789');
        return { body: whole.subarray(3, 7), change: () => whole.fill(0) };
      },
    },
    {
      kind: 'an ArrayBuffer',
      make: () => {
        const body = bytesOf('abcdef').buffer;
        return { body, change: () => structuredClone(body, { transfer: [body] }) };
      },
    },
    {
      kind: 'a DataView',
      make: () => {
        const { buffer } = bytesOf('abcdef');
        return { body: new DataView(buffer, 1, 3), change: () => new Uint8Array(buffer).fill(0) };
      },
    },
    {
      kind: 'a Float64Array',
      make: () => {
        const body = new Float64Array([1, 2, 3]);
        return { body, change: () => body.fill(0) };
      },
    },
    {
      kind: 'URLSearchParams',
      make: () => {
        const body = new URLSearchParams('a=1&a=2&ä=ö+x');
        return { body, change: () => body.append('b', '3') };
      },
    },
    { kind: 'a Blob', make: () => unchanging(new Blob([large, 'x'], { type: 'a/b' })) },
    { kind: 'a File', make: () => unchanging(new File(['abc'], 'a.txt', { type: 'a/b' })) },
  ];

  it.each(cases)(
    'X4: $kind is sent again whole, as it was when the call was made',
    async ({ make }) => {
      const expected = await send(make().body);
      const { body, change } = make();
      expect(canSendAgain(body)).toBe(true);
      const kept = keepBody(body);
      change?.();
      for (let attempt = 1; attempt <= 3; attempt++) {
        const { body: sent, ...rest } = await send(bodyForAttempt(kept));
        const { body: whole, ...facts } = expected;
        expect(rest).toEqual(facts);
        // A deep comparison of large bodies takes seconds, in which the server closes the connection.
        expect(Buffer.from(sent).equals(Buffer.from(whole))).toBe(true);
      }
    },
  );

  it('X4: FormData is sent again whole, as it was when the call was made', async () => {
    const form = new FormData();
    form.append('text', 'größer "x"');
    form.append('text', 'again');
    form.append('file', new Blob([large], { type: 'a/b' }), 'a "b".bin');
    form.append('blob', new Blob(['abc']));
    const kept = keepBody(form);
    form.append('late', 'no');
    form.delete('text');
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { type, body } = await send(bodyForAttempt(kept));
      const answer = new Response(body, { headers: { 'content-type': type ?? '' } });
      const fields = [...(await answer.formData())];
      expect(fields.map(([name]) => name)).toEqual(['text', 'text', 'file', 'blob']);
      expect(fields[0]?.[1]).toBe('größer "x"');
      const file = fields[2]?.[1] as File;
      expect(file.name).toMatch(/^a .*b.*\.bin$/);
      expect(file.type).toBe('a/b');
      expect(large.equals(Buffer.from(await file.arrayBuffer()))).toBe(true);
      expect(fields[3]?.[1]).toHaveProperty('name', 'blob');
    }
  });

  it.each([
    ['a web stream', stream],
    ['a Node stream', () => Readable.from([Buffer.from('abc')])],
    ['an async generator', generator],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: generator })],
  ])('X4: %s is sent once, and never again', async (_, make) => {
    const body: unknown = make();
    expect(canSendAgain(body)).toBe(false);
    const kept = keepBody(body);
    expect(kept).toBe(body);
    expect((await send(bodyForAttempt(kept))).body.toString()).toBe('abc');
    const sent = received.length;
    expect(() => bodyForAttempt(kept)).toThrow(ContractError);
    expect(() => bodyForAttempt(keepBody(body)), 'nor by another call').toThrow(/only once/);
    expect(received.length).toBe(sent);
  });

  it.each([
    ['a web stream', stream],
    ['an async generator', generator],
    ['a buffer, later', async () => bytesOf('abc')],
    ['a string', () => 'abc'],
  ])('X4: a function that makes %s afresh serves every attempt', async (_, make) => {
    expect(canSendAgain(make)).toBe(true);
    const kept = keepBody(make);
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect((await send(await bodyForAttempt(kept))).body.toString()).toBe('abc');
    }
  });
});

describe('bodyKind', () => {
  it.each([
    ['none', undefined],
    ['none', null],
    ['constant', ''],
    ['constant', 7],
    ['constant', { toString: () => 'abc' }],
    ['constant', ['a', 'b']],
    ['constant', new String('abc')],
    ['once', new Set(['a']).values()],
    ['once', (function* () {})()],
    ['once', { pipe() {} }],
    // The package of that name: it carries the tag, but is a stream.
    ['once', { [Symbol.toStringTag]: 'FormData', pipe() {}, append() {} }],
  ])('X4: is %s for %o', (kind, body) => {
    expect(bodyKind(body)).toBe(kind);
  });

  it('X4: memory shared with other threads stays what it is, for fetch to refuse', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    expect(keepBody(shared)).toBe(shared);
  });

  it('X4: knows classes of another realm', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('new Uint8Array([1, 2, 3])') as Uint8Array;
    const kept = keepBody(foreign) as Uint8Array;
    const keptBuffer = keepBody(foreign.buffer) as ArrayBuffer;
    foreign.fill(0);
    expect([...kept]).toEqual([1, 2, 3]);
    expect([...new Uint8Array(keptBuffer)]).toEqual([1, 2, 3]);
  });
});

describe('a function that makes the body', () => {
  it.each([
    ['nothing', () => undefined],
    ['null', () => null],
    ['a function', () => () => 'abc'],
  ])('X4: that makes %s is refused: nothing empty is sent', (_, make) => {
    expect(() => bodyForAttempt(make)).toThrow(ContractError);
    expect(() => bodyForAttempt(make)).toThrow(/^body: the function has to return a body/);
  });

  it('X4: that makes nothing, later, is refused', async () => {
    await expect(bodyForAttempt(async () => undefined)).rejects.toThrow(ContractError);
  });

  it('X4: that makes the same stream twice is refused', async () => {
    const same = generator();
    const kept = keepBody(() => same);
    expect(bodyForAttempt(kept)).toBe(same);
    expect(() => bodyForAttempt(kept)).toThrow(
      /has been sent before .* a new one for each attempt/,
    );
    const later = generator();
    const keptLater = keepBody(async () => later);
    expect(await bodyForAttempt(keptLater)).toBe(later);
    await expect(bodyForAttempt(keptLater)).rejects.toThrow(ContractError);
  });

  it('X4: passes on what it throws', () => {
    const fault = new Error('no file');
    expect(() =>
      bodyForAttempt(() => {
        throw fault;
      }),
    ).toThrow(fault);
  });
});

it('X4: any bytes in any view are kept as they are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(20), fc.nat(20), (bytes, from, length) => {
      const view = bytes.subarray(from, from + length);
      const expected = [...view];
      for (const body of [view, Buffer.from(view.buffer, view.byteOffset, view.byteLength)]) {
        const kept = keepBody(body) as Uint8Array;
        expect(kept.buffer).not.toBe(body.buffer);
        expect([...kept]).toEqual(expected);
      }
    }),
  );
});
