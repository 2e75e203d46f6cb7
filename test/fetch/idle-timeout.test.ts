import { Readable } from 'node:stream';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const turn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

/** A fetch that answers one Response, whose body the test writes. It does not heed its signal. */
function make(options: object = {}, type: 'bytes' | undefined = 'bytes', init?: ResponseInit) {
  const clock = new VirtualClock({ settle: turn });
  let source!: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController;
  let cancelled: unknown;
  const body = new ReadableStream({
    type,
    start: (controller: typeof source) => {
      source = controller;
    },
    cancel: (reason: unknown) => {
      cancelled = reason;
    },
  } as never);
  const response = new Response(body, init);
  const send = resilientFetch({
    fetch: async (_url: string, _init?: RequestInit) => response,
    clock,
    ...options,
  });
  const failures: unknown[] = [];
  send.on('body_failure', ({ error }) => failures.push(error));
  return {
    clock,
    failures,
    send,
    write: (text: string) => source.enqueue(new TextEncoder().encode(text) as never),
    close: () => {
      source.close();
      // A byte reader's own view has to be given back.
      (source as ReadableByteStreamController).byobRequest?.respond(0);
    },
    fail: (error: unknown) => source.error(error),
    cancelled: () => cancelled,
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text;
}

const decoded = (buffer: ArrayBuffer | Uint8Array): string => new TextDecoder().decode(buffer);

const ways: Record<string, (response: Response) => Promise<unknown>> = {
  'text()': (response) => response.text(),
  'json()': (response) => response.json().then((value) => JSON.stringify(value)),
  'arrayBuffer()': (response) => response.arrayBuffer().then(decoded),
  'blob()': (response) => response.blob().then((blob) => blob.text()),
  'a reader': async ({ body }) => {
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoded(value);
    }
  },
  'a byte reader': async ({ body }) => {
    const reader = (body as ReadableStream<Uint8Array>).getReader({ mode: 'byob' });
    let text = '';
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(100));
      if (done) return text;
      text += decoded(value as Uint8Array);
    }
  },
  iteration: ({ body }) => collect(body as unknown as AsyncIterable<Uint8Array>),
  'pipeTo()': async ({ body }) => {
    let text = '';
    const write = (chunk: Uint8Array): void => {
      text += decoded(chunk);
    };
    await body?.pipeTo(new WritableStream({ write }));
    return text;
  },
  'pipeThrough()': async ({ body }) => {
    let text = '';
    const texts = (body as ReadableStream<Uint8Array>).pipeThrough(
      new TextDecoderStream() as never,
    );
    for await (const chunk of texts as unknown as AsyncIterable<string>) text += chunk;
    return text;
  },
  'a clone': (response) => response.clone().text(),
  'a clone of a body that was asked for': (response) => {
    expect(response.body?.locked).toBe(false);
    return response.clone().text();
  },
  'tee()': async ({ body }) => {
    const [one] = (body as ReadableStream<Uint8Array>).tee();
    return collect(one as unknown as AsyncIterable<Uint8Array>);
  },
  'Readable.fromWeb()': async ({ body }) => collect(Readable.fromWeb(body as never)),
  'another Response': ({ body }) => new Response(body).text(),
};

describe.each(Object.entries(ways))('a body read by %s', (_, read) => {
  it('X7: is never cut while it flows, and always when it stalls', async () => {
    for (const end of ['close', 'stall'] as const) {
      const { clock, send, write, close, failures, cancelled } = make();
      const response = await send('http://a.example/');
      await clock.advance(100_000);
      expect(clock.pending).toBe(0);
      let error: unknown;
      const reading = read(response).catch((thrown: unknown) => {
        error = thrown;
      });
      await turn();
      for (const text of ['{"', 'a', '":', '1', '}']) {
        await clock.advance(29_999);
        write(text);
        await turn();
      }
      expect(error).toBeUndefined();
      if (end === 'close') {
        await clock.advance(29_999);
        close();
        expect(await reading).toBe('{"a":1}');
        expect([clock.pending, failures]).toEqual([0, []]);
        continue;
      }
      await clock.advance(29_999);
      expect(error).toBeUndefined();
      await clock.advance(1);
      await turn();
      expect(error).toMatchObject({
        name: 'TimeoutError',
        policy: 'idle_timeout',
        timeoutMs: 30_000,
      });
      expect(failures).toEqual([error]);
      expect(clock.pending).toBe(0);
      if (!_.includes('clone') && _ !== 'tee()') expect(cancelled()).toBe(error);
    }
  });

  it('X7: fails with its own error, which is told', async () => {
    const { send, fail, failures } = make();
    const response = await send('http://a.example/');
    const reading = read(response).catch((thrown: unknown) => thrown);
    await turn();
    const error = new TypeError('terminated');
    fail(error);
    expect(await reading).toBe(error);
    expect(failures).toEqual([error]);
  });
});

describe('a body', () => {
  it('X7: has no time running while its reader pauses', async () => {
    const { clock, send, write, close, failures } = make();
    const { body } = await send('http://a.example/');
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (let i = 0; i < 3; i++) {
      write('x');
      expect((await reader.read()).done).toBe(false);
      expect(clock.pending).toBe(0);
      await clock.advance('1h');
    }
    close();
    expect((await reader.read()).done).toBe(true);
    expect(failures).toEqual([]);
  });

  it('X7: whose reader stops is no failure', async () => {
    const stops: ((body: ReadableStream<Uint8Array>) => Promise<unknown>)[] = [
      (body) => body.cancel(),
      (body) => body.getReader().cancel(),
      async (body) => {
        for await (const _ of body as unknown as AsyncIterable<unknown>) break;
      },
      async (body) => {
        const reader = body.getReader();
        await reader.read();
        const more = reader.read();
        reader.releaseLock();
        await more.catch(() => {});
      },
      async (body) => {
        const reader = body.getReader();
        await reader.read();
        const more = reader.read();
        await reader.cancel();
        await more;
      },
    ];
    for (const stop of stops) {
      const { clock, send, write, failures } = make();
      const { body } = await send('http://a.example/');
      write('x');
      await stop(body as ReadableStream<Uint8Array>);
      await clock.advance('1h');
      expect([failures, clock.pending]).toEqual([[], 0]);
    }
  });

  it('X7: given up by the caller’s signal is no failure', async () => {
    const { send, failures, cancelled } = make();
    const caller = new AbortController();
    const reason = new Error('enough');
    const response = await send('http://a.example/', { signal: caller.signal });
    const text = response.text();
    text.catch(() => {});
    caller.abort(reason);
    await expect(text).rejects.toBe(reason);
    expect([failures, cancelled()]).toEqual([[], reason]);
  });

  it('X7: as a whole is bounded by the body timeout, whether or not it flows', async () => {
    const { clock, send, write, failures } = make({ bodyTimeout: '10s' });
    const response = await send('http://a.example/');
    let error: unknown;
    void response.text().catch((thrown: unknown) => {
      error = thrown;
    });
    for (let i = 0; i < 9; i++) {
      await clock.advance(1_000);
      write('x');
      await turn();
    }
    await clock.advance(999);
    expect(error).toBeUndefined();
    await clock.advance(1);
    expect(error).toMatchObject({ policy: 'body_timeout', timeoutMs: 10_000 });
    expect(failures).toEqual([error]);
  });

  it('X7: has no bound with false', async () => {
    const { clock, send, write, close } = make({ idleTimeout: false });
    const text = (await send('http://a.example/')).text();
    await clock.advance('10h');
    write('x');
    close();
    expect(await text).toBe('x');
  });

  it('X7: stays what it is', async () => {
    const { send, write, close } = make({}, 'bytes', { headers: { 'content-type': 'Text/Plain' } });
    const response = await send('http://a.example/');
    expect(response.body).toBe(response.body);
    expect([response.bodyUsed, response.body?.locked]).toEqual([false, false]);
    const blob = response.blob();
    expect([response.bodyUsed, response.body?.locked]).toEqual([true, true]);
    write('x');
    close();
    expect((await blob).type).toBe('text/plain');
    await expect(response.text()).rejects.toThrow(TypeError);
    expect(() => response.clone()).toThrow(TypeError);
    expect(() => response.body?.getReader()).toThrow(TypeError);
    await expect(response.body?.pipeTo(new WritableStream())).rejects.toThrow(TypeError);
  });

  it('X7: is decoded as the platform does', async () => {
    const bytes = [0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff, 0xf0, 0x9f, 0x98, 0x80];
    const plain = await new Response(new Uint8Array(bytes)).text();
    for (const cut of [1, 4, 8]) {
      const clock = new VirtualClock();
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(bytes.slice(0, cut)));
          controller.enqueue(new Uint8Array(bytes.slice(cut)));
          controller.close();
        },
      });
      const send = resilientFetch({
        fetch: async (_url: string, _init?: object) => new Response(body),
        clock,
      });
      expect(await (await send('http://a.example/')).text()).toBe(plain);
    }
  });

  it('X7: of form fields is read as the platform does', async () => {
    const form = new FormData();
    form.set('a', '1');
    form.set('b', new File(['two'], 'b.txt', { type: 'text/plain' }));
    const send = resilientFetch({
      fetch: async (_url: string, _init?: object) => new Response(form),
    });
    const read = await (await send('http://a.example/')).formData();
    expect(read.get('a')).toBe('1');
    expect(await (read.get('b') as File).text()).toBe('two');
  });

  it('X7: of a subclass is read by its own methods', async () => {
    const { text } = Response.prototype;
    class Shouting extends Response {}
    Object.defineProperty(Shouting.prototype, 'text', {
      async value(this: Response) {
        return (await text.call(this)).toUpperCase();
      },
    });
    const send = resilientFetch({
      fetch: async (_url: string, _init?: object) => new Shouting('abc'),
    });
    expect(await (await send('http://a.example/')).text()).toBe('ABC');
  });

  it.each([0, -1, 'soon', true, Number.NaN])('X1: %s is no time for it', (idleTimeout) => {
    expect(() => resilientFetch({ idleTimeout } as object)).toThrow(
      'resilientFetch.idleTimeout: must be',
    );
    expect(() => resilientFetch({ bodyTimeout: idleTimeout } as object)).toThrow('bodyTimeout');
  });
});
