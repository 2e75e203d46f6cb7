import {
  bulkhead,
  circuitBreaker,
  fallback,
  pipeline,
  RejectedError,
  retry,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never, turn } from './support/deferred.js';
import { gate, logged, onFailure } from './support/layers.js';
import { answering, carriers, failing, shapes } from './support/shapes.js';

describe('G1: policies apply in the order listed', () => {
  it.each(carriers)('G1: outermost first, %s', async (_name, outer) => {
    const log: string[] = [];
    const inner = pipeline('inner', logged(log, 'c'), logged(log, 'd'));
    const calls = pipeline('calls', ...outer(), logged(log, 'a'), logged(log, 'b'), inner);
    await calls.execute(() => void log.push('operation'));
    expect(log).toEqual([
      'a enter',
      'b enter',
      'c enter',
      'd enter',
      'operation',
      'd exit success',
      'c exit success',
      'b exit success',
      'a exit success',
    ]);
  });

  it.each(carriers)('G1: a driver repeats only what is inside it, %s', async (_name, outer) => {
    const log: string[] = [];
    const calls = pipeline(
      'calls',
      ...outer(),
      logged(log, 'a'),
      retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0 }),
      logged(log, 'b'),
    );
    await calls.settle(() => Promise.reject(new Error('no')));
    expect(log).toEqual([
      'a enter',
      'b enter',
      'b exit failure',
      'b enter',
      'b exit failure',
      'a exit failure',
    ]);
  });

  it('G1: a policy that refuses is never left, and what is outside of it is', async () => {
    const log: string[] = [];
    const refusal = new RejectedError('no');
    const calls = pipeline(
      'calls',
      logged(log, 'a'),
      logged(log, 'b', { enter: () => refusal }),
      logged(log, 'c'),
    );
    await expect(calls.execute(() => 1)).rejects.toBe(refusal);
    expect(log).toEqual(['a enter', 'b enter', 'a exit rejected']);
  });
});

describe.each(shapes)('a call %s', (_shape, policies, before) => {
  function eventually(last: () => unknown): () => unknown {
    let left = before;
    return () => {
      if (left-- > 0) throw new Error('not yet');
      return last();
    };
  }

  it.each(answering)(
    'G2: settles once with the value when the operation %s',
    async (_how, make) => {
      const log: string[] = [];
      const calls = pipeline('calls', logged(log, 'a'), ...policies(), logged(log, 'b'));
      const value = { some: 'value' };
      expect(await calls.execute(eventually(make(value)))).toBe(value);
      expect(await calls.settle(eventually(make(value)))).toEqual({ status: 'fulfilled', value });
      await turn();
      expect(log.filter((line) => line === 'a exit success')).toHaveLength(2);
      expect(log.filter((line) => line === 'b exit success')).toHaveLength(2);
      expect(log.filter((line) => line.includes('exit'))).toHaveLength(
        log.filter((line) => line.includes('enter')).length,
      );
      expect(calls.snapshot().inFlight).toBe(0);
    },
  );

  it.each(failing)(
    'G2: settles once with the error itself when the operation %s',
    async (_how, make) => {
      const log: string[] = [];
      const calls = pipeline('calls', logged(log, 'a'), ...policies(), logged(log, 'b'));
      const error = new Error('no');
      await expect(calls.execute(eventually(make(error)))).rejects.toBe(error);
      expect(await calls.settle(eventually(make(error)))).toEqual({
        status: 'rejected',
        reason: error,
      });
      await turn();
      expect(log.filter((line) => line === 'a exit failure')).toHaveLength(2);
      expect(log.filter((line) => line.includes('exit'))).toHaveLength(
        log.filter((line) => line.includes('enter')).length,
      );
      expect(calls.snapshot().inFlight).toBe(0);
    },
  );

  it.each([[undefined], [null], [0], ['text'], [Symbol('s')]])(
    'G2: passes on %s as an error unchanged',
    async (error) => {
      const calls = pipeline('calls', ...policies());
      expect(await calls.settle(eventually(() => Promise.reject(error)))).toEqual({
        status: 'rejected',
        reason: error,
      });
    },
  );

  it.each(failing)('G3: gives every permit back when the operation %s', async (_how, make) => {
    const slots = bulkhead({ maxConcurrent: 1 });
    const breaker = circuitBreaker({ openFor: 1, probes: 1, consecutiveFailures: 1 });
    const calls = pipeline('calls', ...policies(), slots);
    for (let i = 0; i < 3; i++) await calls.settle(eventually(make(new Error('no'))));
    expect(slots.snapshot().inFlight).toBe(0);
    expect(breaker.state).toBe('closed');
  });

  it.each(['enter', 'exit'] as const)(
    'G3: a gate whose %s throws ends the call with that error, all others left',
    async (method) => {
      const log: string[] = [];
      const fault = new Error(`in ${method}`);
      let left = before;
      const calls = pipeline(
        'calls',
        logged(log, 'a'),
        ...policies(),
        logged(log, 'b'),
        logged(log, 'odd', {
          [method]: () => {
            if (left <= 0) throw fault;
          },
        }),
      );
      const result = await calls.settle(eventually(() => 'value'));
      left = 0;
      const second = await calls.settle(() => 'value');
      expect(
        [result, second].some((each) => each.status === 'rejected' && each.reason === fault),
      ).toBe(true);
      expect(log.filter((line) => line.startsWith('a exit'))).toHaveLength(2);
      const entered = log.filter((line) => line === 'b enter').length;
      expect(log.filter((line) => line.startsWith('b exit'))).toHaveLength(entered);
      expect(calls.snapshot().inFlight).toBe(0);
    },
  );
});

describe('G2: an operation that does not settle in time', () => {
  it.each([
    ['never settles', () => never()],
    ['ignores its signal', () => new Promise((resolve) => setTimeout(resolve, 1e6).unref())],
  ])('G2: that %s is given up by the timeout around it', async (_what, operation) => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, timeout('1s'));
    const call = calls.settle(operation);
    await clock.advance('1s');
    expect(await call).toMatchObject({ status: 'rejected', reason: { code: 'ERR_TIMEOUT' } });
  });

  it.each([
    ['resolves', (late: ReturnType<typeof deferred>) => late.resolve('late')],
    ['rejects', (late: ReturnType<typeof deferred>) => late.reject(new Error('late'))],
  ])('G2: that %s after the timeout changes nothing any more', async (_what, settle) => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      logged(log, 'a'),
      timeout('1s'),
      logged(log, 'b'),
    );
    const late = deferred();
    const events: string[] = [];
    calls.on(({ type }) => events.push(type));
    const call = calls.settle(() => late.promise);
    await clock.advance('1s');
    const result = await call;
    const before = [log.slice(), events.slice()];
    settle(late);
    await turn();
    expect(result).toMatchObject({ status: 'rejected' });
    expect([log, events]).toEqual(before);
    expect(log).toEqual(['a enter', 'b enter', 'b exit timeout', 'a exit timeout']);
    expect(clock.pending).toBe(0);
  });

  it('G2: and holds a gate until it has settled, whatever its outer pass does meanwhile', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      logged(log, 'holds outside', { holds: true }),
      retry({ maxRetries: 1, initialDelay: 10, jitter: 'none' }),
      logged(log, 'holds inside', { holds: true }),
      timeout('1s'),
    );
    const late = [deferred(), deferred()];
    let attempt = 0;
    const call = calls.settle(() => (late[attempt++] as ReturnType<typeof deferred>).promise);
    await clock.advance('3s');
    expect(await call).toMatchObject({ status: 'rejected' });
    expect(log.filter((line) => line.includes('exit'))).toEqual([]);
    late[1]?.reject(new Error('late'));
    await turn();
    expect(log.slice(3)).toEqual(['holds inside exit timeout']);
    late[0]?.resolve('late');
    await turn();
    expect(log.slice(4)).toEqual(['holds inside exit timeout', 'holds outside exit timeout']);
  });
});

describe('T2, T4: nested timeouts', () => {
  it('T2: the nearest deadline wins and the operation sees it', async () => {
    const clock = new VirtualClock({ start: 100 });
    const seen: number[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('2s'),
      retry({ maxRetries: 0 }),
      timeout('5s'),
    );
    const call = calls.settle((context) => {
      seen.push(context.deadline, context.timeLeft);
      return never();
    });
    expect(seen).toEqual([2_100, 2_000]);
    await clock.advance('2s');
    expect(await call).toMatchObject({ reason: { timeoutMs: 2_000 } });
    const bare = pipeline({ name: 'bare', clock });
    await bare.execute((context) => seen.push(context.deadline, context.timeLeft));
    expect(seen.slice(2)).toEqual([Infinity, Infinity]);
  });

  it('T2: in a retry the operation sees the deadline of the whole call too', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('10s'),
      retry({ maxRetries: 2, initialDelay: '4.5s', jitter: 'none', factor: 1, maxDelay: '4.5s' }),
      timeout('3s'),
    );
    const call = calls.settle((context) => {
      seen.push(context.deadline);
      throw new Error('no');
    });
    await clock.runUntil(call);
    expect(seen).toEqual([3_000, 7_500, 10_000]);
  });

  it('T1: the signal of the attempt aborts with the very error that the call rejects with', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, retry({ maxRetries: 0 }), timeout('1s'));
    let signal: AbortSignal | undefined;
    const call = calls.settle((context) => {
      ({ signal } = context);
      return never();
    });
    await clock.advance('1s');
    const result = (await call) as PromiseRejectedResult;
    expect(result.reason).toBeInstanceOf(TimeoutError);
    expect(signal?.reason).toBe(result.reason);
    expect(result.reason).toMatchObject({ pipeline: 'calls', policy: 'timeout' });
  });

  it('T4: an error of the operation, even one that calls itself a timeout, is passed on', async () => {
    const error = new DOMException('The operation timed out', 'TimeoutError');
    const calls = pipeline('calls', timeout('1s'));
    await expect(calls.execute(() => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('settle', () => {
  it('never throws, whatever happens', async () => {
    const refusing = pipeline('calls', gate({ enter: () => new RejectedError('no') }));
    expect((await refusing.settle(() => 1)).status).toBe('rejected');
    expect((await pipeline('calls').settle(undefined as never)).status).toBe('rejected');
    const replaced = pipeline('calls', fallback('else'));
    expect(await replaced.settle(() => Promise.reject(1))).toEqual({
      status: 'fulfilled',
      value: 'else',
    });
  });

  it('G2: an operation that answers a revoked proxy fails with its TypeError', async () => {
    for (const [, outer] of carriers) {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const calls = pipeline('calls', ...outer());
      const result = (await calls.settle(() => proxy)) as PromiseRejectedResult;
      expect(result.reason).toBeInstanceOf(TypeError);
      expect(calls.snapshot().inFlight).toBe(0);
    }
  });
});

describe('a driver', () => {
  it.each(carriers)(
    'that throws at once or later ends the call with that error, %s',
    async (_name, outer) => {
      const fault = new Error('in the driver');
      const log: string[] = [];
      for (const drive of [
        () => {
          throw fault;
        },
        () => Promise.reject(fault),
      ]) {
        const calls = pipeline(
          'calls',
          ...outer(),
          logged(log, 'a'),
          onFailure(drive),
          logged(log, 'b'),
        );
        await expect(calls.execute(() => Promise.reject(new Error('no')))).rejects.toBe(fault);
      }
      expect(log).toEqual([
        ...['a enter', 'b enter', 'b exit failure', 'a exit failure'],
        ...['a enter', 'b enter', 'b exit failure', 'a exit failure'],
      ]);
    },
  );
});
