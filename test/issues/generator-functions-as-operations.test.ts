import { fallback, keyed, type Operation, type PipelineEvent, pipeline, retry } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { describe, expect, it } from 'vitest';
import { toCockatiel } from '../../src/cockatiel/index.js';

/**
 * Called, a generator function does nothing yet. So each attempt of one was a success, and nothing guarded what came when it was read.
 */
const NAMED = /the operation must not be a generator function/;

async function* rows(): AsyncGenerator<number> {
  yield 1;
}
/** As regenerator marks what it has compiled. */
const marked = Object.setPrototypeOf(
  () => ({ next() {} }),
  Object.create(Function.prototype, { [Symbol.toStringTag]: { value: 'GeneratorFunction' } }),
);

const kinds: [string, unknown][] = [
  ['async function*', rows],
  [
    'function*',
    function* () {
      yield 1;
    },
  ],
  ['a method', { async *rows() {} }.rows],
  ['a bound one', rows.bind(undefined)],
  ['a bound one, bound again', rows.bind(undefined).bind(undefined)],
  ['a compiled one that is marked', marked],
];

describe.each(kinds)('%s', (_kind, given) => {
  const operation = given as Operation<number>;

  it('is refused, and no policy hears of it', async () => {
    const calls = pipeline('calls', fallback('stand-in'), retry());
    const events: PipelineEvent[] = [];
    calls.on((event) => events.push(event));
    await expect(calls.execute(operation)).rejects.toThrow(NAMED);
    await expect(calls.execute(operation)).rejects.toThrow(TypeError);
    expect(await calls.settle(operation)).toMatchObject({
      status: 'rejected',
      reason: { name: 'TypeError', message: expect.stringMatching(/^pipeline\.settle: /) },
    });
    expect(events).toEqual([]);
  });

  it('is refused by wrap at once', () => {
    expect(() => pipeline('calls').wrap(operation)).toThrow(NAMED);
  });

  it('is refused by keyed and in cockatiel', async () => {
    const hosts = keyed(pipeline('hosts'));
    await expect(hosts.execute('a', operation)).rejects.toThrow(NAMED);
    expect(await hosts.settle('a', operation)).toMatchObject({ status: 'rejected' });
    const policy = toCockatiel(pipeline('calls'));
    await expect(policy.execute(operation as never)).rejects.toThrow(NAMED);
  });

  it('is refused as reader of a fetch, before anything is sent', async () => {
    let sent = 0;
    const send = resilientFetch({
      fetch: async (_url: string, _init?: object) => {
        sent++;
        return new Response('');
      },
    });
    await expect(
      send.read('http://upstream.example/', {}, given as (response: Response) => number),
    ).rejects.toThrow(/^resilientFetch\.read: the reader must not be a generator function/);
    expect(sent).toBe(0);
  });
});

describe('what is right with a generator', () => {
  it('a function that returns one, or a promise of one, has its way: the stream is its result', async () => {
    const calls = pipeline('calls', retry());
    for (const operation of [() => rows(), async () => rows()]) {
      const seen: number[] = [];
      for await (const row of await calls.execute(operation)) seen.push(row);
      expect(seen).toEqual([1]);
    }
  });

  it('a function that cannot be asked whether it is one is called', async () => {
    const hostile = new Proxy(() => 1, {
      get() {
        throw new Error('no');
      },
    });
    expect(await pipeline('calls').execute(hostile)).toBe(1);
  });

  it('X4: a function that makes a body may be one: each attempt has a fresh body', async () => {
    const bodies: string[] = [];
    const send = resilientFetch({
      fetch: async (_url: string, init?: { body?: AsyncIterable<string> }) => {
        let text = '';
        for await (const part of init?.body ?? []) text += part;
        bodies.push(text);
        return new Response('', { status: bodies.length === 1 ? 503 : 200 });
      },
      policies: [retry({ initialDelay: 0 })],
    });
    const body = async function* () {
      yield 'ab';
      yield 'c';
    };
    const init = { method: 'PUT', body } as object;
    expect((await send('http://upstream.example/', init)).status).toBe(200);
    expect(bodies).toEqual(['abc', 'abc']);
  });
});
