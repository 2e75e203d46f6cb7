import type { ChaosOptions, PipelineEvent } from 'holdfast';
import {
  bulkhead,
  CircuitOpenError,
  ConfigError,
  ContractError,
  chaos,
  circuitBreaker,
  fallback,
  isInjected,
  keyed,
  pipeline,
  registry,
  retry,
  standard,
  TimeoutError,
  timeout,
} from 'holdfast';
import { startOver, VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';

const always = (options: Partial<ChaosOptions> = {}) =>
  chaos({ seed: 1, faults: { rate: 1, error: () => new Error('injected') }, ...options });

const fine = async (): Promise<string> => 'fine';

describe('off until it is switched on', () => {
  it('C1: injects nothing whatever its options are, until start, and nothing after stop', async () => {
    const policy = always();
    const calls = pipeline('calls', policy);
    expect(policy.active).toBe(false);
    await expect(calls.execute(fine)).resolves.toBe('fine');
    policy.start();
    expect(policy.active).toBe(true);
    await expect(calls.execute(fine)).rejects.toThrow('injected');
    policy.stop();
    policy.stop();
    await expect(calls.execute(fine)).resolves.toBe('fine');
    expect(policy.snapshot()).toMatchObject({ active: false, injections: { fault: 1 } });
  });

  it.each([
    ['10 minutes by default', undefined, 600_000],
    ['as long as it is told', { for: '1.5s' as const }, 1_500],
  ])('C1: is off again after %s, by the clock of its pipeline', async (_, options, ms) => {
    const clock = new VirtualClock();
    const policy = always();
    const calls = pipeline({ name: 'calls', clock }, policy);
    policy.start(options);
    await clock.advance(ms - 1);
    await expect(calls.execute(fine)).rejects.toThrow('injected');
    expect(policy.snapshot().timeLeft).toBe(1);
    await clock.advance(1);
    await expect(calls.execute(fine)).resolves.toBe('fine');
    expect(policy.active).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('C1: counts its time by the clock of the pipeline also if it was started before', async () => {
    const clock = new VirtualClock();
    const policy = always();
    policy.start({ for: 1_000 });
    const calls = pipeline({ name: 'calls', clock }, policy);
    await expect(calls.execute(fine)).rejects.toThrow('injected');
    await clock.advance(999);
    await expect(calls.execute(fine)).rejects.toThrow('injected');
    await clock.advance(1);
    await expect(calls.execute(fine)).resolves.toBe('fine');
  });

  it('C1: has no limit if that is false', async () => {
    const clock = new VirtualClock();
    const policy = always();
    const calls = pipeline({ name: 'calls', clock }, policy);
    policy.start({ for: false });
    await clock.advance(86_400_000 * 365);
    await expect(calls.execute(fine)).rejects.toThrow('injected');
    expect(policy.snapshot().timeLeft).toBeUndefined();
  });

  it('C1: a run stops what it has started, and not what was started since', () => {
    const policy = always();
    const first = policy.start();
    const second = policy.start();
    first.stop();
    expect(policy.active).toBe(true);
    second[Symbol.dispose]();
    expect(policy.active).toBe(false);
  });

  it('C1: a start over stops it', async () => {
    const policy = always();
    const calls = pipeline('calls', policy);
    policy.start();
    await calls.settle(fine);
    startOver(calls);
    expect(policy.snapshot()).toMatchObject({ active: false, injections: { fault: 0 } });
  });
});

describe('its place', () => {
  it.each([
    ['a timeout', [timeout(100)]],
    ['a nested pipeline', [pipeline('inner', bulkhead())]],
    ['standard()', standard()],
  ])('C2: %s inside it is a ConfigError', (_, inside) => {
    const made = () => pipeline('calls', always(), ...inside);
    expect(made).toThrow(ConfigError);
    expect(made).toThrow(/^chaos: must be the innermost policy, but ".+" is inside it/);
  });

  it('C2: it may end a nested pipeline that is the innermost, and stand beside another one', async () => {
    const order: string[] = [];
    const slow = (name: string) =>
      chaos({ name, behavior: { rate: 1, run: () => void order.push(name) } });
    const [outer, inner] = [slow('outer'), slow('inner')];
    const calls = pipeline('calls', timeout(1_000), pipeline('nested', retry(), outer, inner));
    outer.start();
    inner.start();
    await expect(calls.execute(fine)).resolves.toBe('fine');
    expect(order).toEqual(['outer', 'inner']);
    expect(() => pipeline('bad', pipeline('nested', always()), timeout(5))).toThrow(ConfigError);
  });
});

describe('what the policies outside see', () => {
  it('C3: a fault is an attempt that failed: it is retried, counted, and opens the breaker', async () => {
    const clock = new VirtualClock();
    const policy = always();
    const operation = vi.fn(fine);
    const calls = pipeline(
      { name: 'calls', clock },
      retry({ maxRetries: 2, initialDelay: 0 }),
      circuitBreaker({ minimumCalls: 3, failingFor: 0 }),
      policy,
    );
    const attempts: PipelineEvent[] = [];
    calls.on('attempt', (event) => attempts.push(event));
    policy.start();
    await expect(calls.execute(operation)).rejects.toThrow('injected');
    expect(operation).not.toHaveBeenCalled();
    expect(attempts).toMatchObject([
      { attempt: 1, kind: 'first', outcome: 'failure' },
      { attempt: 2, kind: 'retry', outcome: 'failure' },
      { attempt: 3, kind: 'retry', outcome: 'failure' },
    ]);
    await expect(calls.execute(operation)).rejects.toThrow(CircuitOpenError);
  });

  it('C3: a result is judged as the operation’s would be, and replaced by a fallback', async () => {
    const policy = chaos({ results: { rate: 1, value: { status: 503 } } });
    const calls = pipeline(
      { name: 'calls', isFailure: ({ kind }) => kind === 'success' },
      fallback('degraded', { handle: ({ kind }) => kind === 'success' }),
      policy,
    );
    policy.start();
    await expect(calls.execute(fine)).resolves.toBe('degraded');
  });

  it('C3: a latency is a timeout of the operation, not of a wait', async () => {
    const clock = new VirtualClock();
    const policy = chaos({ latency: { rate: 1, delay: '2s' } });
    const breaker = circuitBreaker({ minimumCalls: 1, failingFor: 0 });
    const calls = pipeline({ name: 'calls', clock }, breaker, timeout('1s'), policy);
    const operation = vi.fn(fine);
    policy.start();
    const call = calls.settle(operation);
    await clock.advance(1_000);
    expect((await call).status).toBe('rejected');
    expect(breaker.state).toBe('open');
    expect(operation).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  it('C3: behaviour comes first, then latency, then the fault or the result, then the operation', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    const policy = chaos<string>({
      behavior: { rate: 1, run: async () => void order.push('behavior') },
      latency: {
        rate: 1,
        delay: () => {
          order.push('latency');
          return 10;
        },
      },
      faults: {
        rate: 0,
        error: () => {
          throw new Error('never');
        },
      },
      results: {
        rate: 1,
        value: async ({ attempt }) => {
          order.push('result');
          return `injected ${attempt}`;
        },
      },
    });
    const calls = pipeline({ name: 'calls', clock }, policy);
    policy.start();
    const call = calls.execute(async () => 'real');
    await clock.advance(9);
    expect(order).toEqual(['behavior', 'latency']);
    await clock.advance(1);
    await expect(call).resolves.toBe('injected 1');
    expect(order).toEqual(['behavior', 'latency', 'result']);
  });

  it('C3: `when` says which attempts it is about, and those alone count in the sequence', async () => {
    const half = (when?: () => boolean) => {
      const policy = chaos({
        seed: 3,
        faults: { rate: 0.5, error: () => new Error('injected') },
        when,
      });
      policy.start();
      return pipeline('calls', policy);
    };
    let mine = false;
    const [chosen, plain] = [half(() => mine), half()];
    for (let i = 0; i < 40; i++) {
      mine = false;
      await expect(chosen.execute(fine)).resolves.toBe('fine');
      mine = true;
      expect((await chosen.settle(fine)).status).toBe((await plain.settle(fine)).status);
    }
  });
});

describe('attempts that are given up', () => {
  it.each(['latency', 'behavior'] as const)(
    'C5: the caller’s abort during %s ends the call at once; nothing is called afterwards',
    async (kind) => {
      const clock = new VirtualClock();
      const release: (() => void)[] = [];
      const error = vi.fn(() => new Error('injected'));
      const policy = chaos({
        ...(kind === 'latency'
          ? { latency: { rate: 1, delay: '1h' as const } }
          : {
              behavior: {
                rate: 1,
                run: () => new Promise<void>((resolve) => release.push(resolve)),
              },
            }),
        faults: { rate: 1, error },
      });
      const limit = bulkhead({ maxConcurrent: 1 });
      const calls = pipeline({ name: 'calls', clock }, retry(), limit, policy);
      policy.start();
      const abort = new AbortController();
      const operation = vi.fn(fine);
      const call = calls.execute(operation, { signal: abort.signal });
      await clock.advance(5);
      abort.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
      for (const each of release) each();
      await clock.advance(0);
      expect(operation).not.toHaveBeenCalled();
      expect(error).not.toHaveBeenCalled();
      expect(clock.pending).toBe(0);
      expect(limit.snapshot().inFlight).toBe(0);
    },
  );

  it('C5: an abort from a listener of the event keeps the injection from going on', async () => {
    const clock = new VirtualClock();
    const policy = chaos({ latency: { rate: 1, delay: '1h' } });
    const calls = pipeline({ name: 'calls', clock }, policy);
    const abort = new AbortController();
    calls.on('chaos', () => abort.abort(new Error('heard')));
    policy.start();
    await expect(calls.execute(fine, { signal: abort.signal })).rejects.toThrow('heard');
    expect(clock.pending).toBe(0);
  });
});

describe('functions of the user', () => {
  it.each<[string, Partial<ChaosOptions>]>([
    ['error', { faults: { rate: 1, error: boom } }],
    ['delay', { latency: { rate: 1, delay: boom } }],
    ['value', { results: { rate: 1, value: boom } }],
    ['run', { behavior: { rate: 1, run: boom } }],
    ['when', { when: boom }],
  ])('C7: what %s throws is the outcome of the attempt', async (_, options) => {
    const limit = bulkhead({ maxConcurrent: 1 });
    const policy = chaos({
      latency: { rate: 0, delay: 0 },
      ...options,
    } as ChaosOptions);
    const calls = pipeline('calls', limit, policy);
    policy.start();
    await expect(calls.execute(fine)).rejects.toThrow('boom');
    expect(limit.snapshot().inFlight).toBe(0);
  });

  it.each([
    ['delay', 'soon'],
    ['delay', Number.NaN],
    ['delay', -1],
    ['delay', undefined],
    ['when', undefined],
    ['when', Promise.resolve(true)],
  ])('C7: an answer of %s that is none is a ContractError: %s', async (option, answer) => {
    const policy = chaos({
      latency: { rate: 1, delay: (() => (option === 'delay' ? answer : 0)) as never },
      when: (() => (option === 'when' ? answer : true)) as never,
    });
    const calls = pipeline('calls', policy);
    policy.start();
    await expect(calls.execute(fine)).rejects.toThrow(ContractError);
  });
});

function boom(): never {
  throw new Error('boom');
}

describe('what is told', () => {
  it('C6: events say when it starts, what it injects, and when it stops', async () => {
    const clock = new VirtualClock();
    const policy = chaos({
      seed: 42,
      latency: { rate: 1, delay: 5 },
      faults: { rate: 1, error: () => new Error('injected') },
    });
    const calls = pipeline({ name: 'calls', clock }, policy);
    const events: PipelineEvent[] = [];
    calls.on((event) => {
      if (event.type.startsWith('chaos')) events.push(event);
    });
    policy.start({ for: '1m' });
    const call = calls.settle(fine);
    await clock.advance(60_000);
    await call;
    await calls.execute(fine);
    const rates = { latency: 1, fault: 1 };
    expect(events).toMatchObject([
      { type: 'chaos_started', pipeline: 'calls', policy: 'chaos', seed: 42, rates, forMs: 60_000 },
      { type: 'chaos', injection: 'latency', delayMs: 5, rates },
      { type: 'chaos', injection: 'fault', error: new Error('injected'), rates },
      { type: 'chaos_stopped', reason: 'time' },
    ]);
    expect(events[1]?.callId).toBe(events[2]?.callId);
    expect(events[1]?.callId).toBeTypeOf('number');
  });

  it('C6: each start is told once, however many copies a keyed pipeline has', async () => {
    const policy = always();
    const calls = keyed(pipeline('calls', policy));
    const events: string[] = [];
    calls.on(({ type }) => type.startsWith('chaos') && events.push(type));
    for (const key of ['a', 'b', 'c']) await calls.get(key).execute(fine);
    policy.start();
    for (const key of ['a', 'b', 'c', 'd']) await calls.get(key).settle(fine);
    policy.stop();
    expect(events).toEqual(['chaos_started', 'chaos', 'chaos', 'chaos', 'chaos', 'chaos_stopped']);
    expect(policy.snapshot().injections.fault).toBe(4);
  });

  it('C6: isInjected knows errors and results, also as a cause, and nothing else', async () => {
    const policy = always({ results: { rate: 0, value: 1 } });
    const calls = pipeline('calls', policy);
    policy.start();
    const error: unknown = await calls.execute(fine).catch((each: unknown) => each);
    expect(isInjected(error)).toBe(true);
    expect(isInjected(new Error('outer', { cause: error }))).toBe(true);
    for (const other of [new Error('x'), undefined, null, 'text', 0, {}]) {
      expect(isInjected(other)).toBe(false);
    }
    const endless = new Error('self');
    endless.cause = endless;
    expect(isInjected(endless)).toBe(false);
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    expect(isInjected(hostile)).toBe(false);
  });

  it('C6: the health report says that it is on', () => {
    const policy = always();
    const all = registry();
    pipeline({ name: 'calls', registry: all }, policy);
    expect(all.health().status).toBe('ok');
    policy.start();
    expect(all.health()).toMatchObject({ status: 'degraded' });
    expect(JSON.stringify(all.health())).toContain('"reason":"chaos"');
  });
});

describe('free while it is off', () => {
  it('C8: a call of a pipeline with it takes the straight path, and leaves it while it is on', async () => {
    const policy = chaos({ seed: 1, latency: { rate: 0, delay: 1 } });
    const calls = pipeline('calls', timeout(1_000), policy);
    const name = async (): Promise<string> => {
      let seen = '';
      await calls.execute(async (context) => {
        seen = context.constructor.name;
      });
      return seen;
    };
    for (let i = 0; i < 20; i++) await name();
    await expect(name()).resolves.toBe('StraightCall');
    const tally = calls.tally.straight;
    policy.start();
    await name();
    expect(calls.tally.straight).toBe(tally);
    policy.stop();
    await name();
    expect(calls.tally.straight).toBe(tally + 1);
  });

  it('C8: failures and refusals outside it leave by the straight path, too', async () => {
    const clock = new VirtualClock();
    const policy = always();
    const breaker = circuitBreaker({ minimumCalls: 2, failingFor: 0 });
    const calls = pipeline({ name: 'calls', clock }, breaker, policy);
    for (let i = 0; i < 2; i++) await calls.settle(() => Promise.reject(new Error('down')));
    await expect(calls.execute(fine)).rejects.toThrow(CircuitOpenError);
  });
});

describe('a call that times out itself', () => {
  it('C3: the call’s own deadline bounds what is injected', async () => {
    const clock = new VirtualClock();
    const policy = chaos({ latency: { rate: 1, delay: '1h' } });
    const calls = pipeline({ name: 'calls', clock }, policy);
    policy.start();
    const call = calls.execute(fine, { timeout: 50 });
    const failed = expect(call).rejects.toThrow(TimeoutError);
    await clock.advance(50);
    await failed;
    expect(clock.pending).toBe(0);
  });
});
