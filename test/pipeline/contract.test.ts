import {
  type Call,
  ConfigError,
  type Drive,
  type Driver,
  failure,
  type Gate,
  type Outcome,
  pipeline,
  RejectedError,
  retry,
  success,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it, vi } from 'vitest';
import { deferred, never, turn } from './support/deferred.js';
import { active, gate, logged, onFailure } from './support/layers.js';
import { carriers } from './support/shapes.js';

describe.each(carriers)('a gate of a user, in a call %s', (_name, outer) => {
  it('may take its time to admit', async () => {
    const log: string[] = [];
    const calls = pipeline(
      'calls',
      ...outer(),
      logged(log, 'slow', { enter: async () => undefined }),
      logged(log, 'next', { enter: async () => undefined }),
    );
    expect(await calls.execute(() => 'value')).toBe('value');
    expect(log).toEqual(['slow enter', 'next enter', 'next exit success', 'slow exit success']);
  });

  it('may take its time to refuse, or fail to decide', async () => {
    const refusal = new RejectedError('no');
    const fault = new Error('cannot decide');
    const log: string[] = [];
    for (const answer of [() => Promise.resolve(refusal), () => Promise.reject(fault)]) {
      const calls = pipeline(
        'calls',
        ...outer(),
        logged(log, 'a'),
        logged(log, 'b', { enter: answer }),
      );
      const events: unknown[] = [];
      calls.on('rejection', ({ policy, reason, enforced }) =>
        events.push([policy, reason, enforced]),
      );
      const result = (await calls.settle(() => 1)) as PromiseRejectedResult;
      expect([refusal, fault]).toContain(result.reason);
      expect(events).toEqual(result.reason === refusal ? [['b', 'rejected', true]] : []);
    }
    expect(log).toEqual([
      ...['a enter', 'b enter', 'a exit rejected'],
      ...['a enter', 'b enter', 'a exit failure'],
    ]);
    expect(refusal).toMatchObject({ pipeline: 'calls', policy: 'b' });
  });

  it('finds in exit the state it set in enter, of each call and of each run', async () => {
    const seen: unknown[] = [];
    let next = 0;
    const stateful = gate({
      enter(call) {
        expect(call.state).toBeUndefined();
        call.state = ++next;
        return undefined;
      },
      exit: (call) => void seen.push(call.state),
    });
    const calls = pipeline(
      'calls',
      ...outer(),
      retry({ maxRetries: 1, initialDelay: 0, maxDelay: 0 }),
      stateful,
    );
    const waits = [deferred(), deferred()];
    const both = waits.map(({ promise }) => calls.settle(() => promise));
    waits[1]?.resolve(1);
    await both[1];
    waits[0]?.reject(new Error('no'));
    await both[0];
    expect(seen).toEqual([2, 1, 3]);
  });

  it('finds nothing of an earlier call in its state, however that one ended', async () => {
    const endings: readonly (() => unknown)[] = [
      () => undefined,
      () => new RejectedError('refused'),
      () => {
        throw new Error('cannot decide');
      },
      () => Promise.resolve(new RejectedError('refused later')),
      () => never(),
    ];
    let ending = 0;
    const found: unknown[] = [];
    const calls = pipeline(
      'calls',
      ...outer(),
      gate({
        enter(call: Call) {
          found.push(call.state);
          call.state = 'left behind';
          return endings[ending]?.() as undefined;
        },
      }),
    );
    for (; ending < endings.length; ending++) {
      const caller = new AbortController();
      const settled = calls.settle(() => 1, { signal: caller.signal });
      await turn();
      caller.abort();
      await settled;
    }
    ending = 0;
    for (let i = 0; i < 3; i++) await calls.execute(() => 1);
    expect(found).toEqual(Array(endings.length + 3).fill(undefined));
  });

  it('sees what call it is part of', async () => {
    const seen: unknown[] = [];
    const look = (call: Call): undefined => {
      seen.push([call.pipeline, call.policy, call.attempts, call.listening, call.captureStack]);
    };
    const calls = pipeline(
      { name: 'calls', captureStack: true },
      ...outer(),
      gate({ name: 'looker', enter: look, exit: (call) => void look(call) }),
    );
    await calls.execute(() => 1);
    calls.on(() => {});
    await calls.execute(() => 1);
    expect(seen).toEqual([
      ['calls', 'looker', 0, false, true],
      ['calls', 'looker', 1, false, true],
      ['calls', 'looker', 0, true, true],
      ['calls', 'looker', 1, true, true],
    ]);
  });

  it('may replace the outcome by an error of its exit, for the policies outside of it', async () => {
    const fault = new RejectedError('in exit');
    const log: string[] = [];
    const calls = pipeline(
      'calls',
      ...outer(),
      logged(log, 'a'),
      logged(log, 'b', {
        exit() {
          throw fault;
        },
      }),
    );
    await expect(calls.execute(() => 1)).rejects.toBe(fault);
    expect(log.slice(2)).toEqual(['b exit success', 'a exit rejected']);
  });
});

describe('a gate that gives calls up', () => {
  class Impatient implements Gate {
    readonly role = 'gate';
    readonly type = 'impatient';
    readonly mayAbandon: boolean;
    abandon: (error: unknown) => void = () => {};

    constructor(mayAbandon: boolean) {
      this.mayAbandon = mayAbandon;
    }

    enter(call: Call): undefined {
      const { layer } = call;
      this.abandon = (error) => call.abandon(layer, error);
    }

    exit(): void {}
  }

  it('ends what is inside of it, and goes on outwards', async () => {
    const log: string[] = [];
    const impatient = new Impatient(true);
    const calls = pipeline('calls', logged(log, 'outer'), impatient, logged(log, 'inner'));
    const seen: AbortSignal[] = [];
    const call = calls.settle(({ signal }) => {
      seen.push(signal);
      return never();
    });
    const error = new Error('enough');
    impatient.abandon(error);
    expect(await call).toEqual({ status: 'rejected', reason: error });
    expect(seen[0]?.reason).toBe(error);
    expect(log).toEqual(['outer enter', 'inner enter', 'inner exit timeout', 'outer exit timeout']);
  });

  it('must say so', async () => {
    const impatient = new Impatient(false);
    const calls = pipeline('calls', impatient);
    const answer = deferred();
    const call = calls.execute(() => answer.promise);
    expect(() => impatient.abandon(new Error('enough'))).toThrow('set mayAbandon to true');
    answer.resolve(1);
    expect(await call).toBe(1);
  });

  it('leaves a queue inside of it, whatever leave throws', async () => {
    const log: string[] = [];
    const impatient = new Impatient(true);
    const late = deferred<undefined>();
    const calls = pipeline(
      'calls',
      impatient,
      logged(log, 'queue', {
        enter: () => late.promise,
        leave() {
          throw new Error('in leave');
        },
      }),
    );
    const error = new Error('enough');
    const call = calls.settle(() => 1);
    impatient.abandon(error);
    expect(await call).toEqual({ status: 'rejected', reason: error });
    late.resolve(undefined);
    await turn();
    expect(log).toEqual(['queue enter', 'queue leave', 'queue exit cancelled']);
  });

  it.each([
    ['refused', (late: ReturnType<typeof deferred>) => late.resolve(new RejectedError('no'))],
    ['failed', (late: ReturnType<typeof deferred>) => late.reject(new Error('no'))],
  ])('does not exit a gate that %s after it was left', async (_what, settle) => {
    const log: string[] = [];
    const impatient = new Impatient(true);
    const late = deferred();
    const calls = pipeline(
      'calls',
      impatient,
      logged(log, 'queue', { enter: () => late.promise as Promise<undefined> }),
    );
    const call = calls.settle(() => 1);
    impatient.abandon(new Error('enough'));
    await call;
    settle(late);
    await turn();
    expect(log).toEqual(['queue enter', 'queue leave']);
  });

  it('has faults of exits behind the back of the call reported, not thrown', async () => {
    const log: string[] = [];
    const impatient = new Impatient(true);
    const calls = pipeline(
      'calls',
      impatient,
      logged(log, 'a'),
      logged(log, 'b', {
        exit() {
          throw new Error('in exit');
        },
      }),
    );
    const error = new Error('enough');
    const call = calls.settle(never);
    impatient.abandon(error);
    expect(await call).toEqual({ status: 'rejected', reason: error });
    expect(log.slice(2)).toEqual(['b exit timeout', 'a exit timeout']);
  });
});

/** Starts a second run when the first takes long; the first success wins. */
function hedging(delayMs: number) {
  return active(async (drive: Drive) => {
    const first = drive.next();
    const slow = Promise.race([first.then(() => false), drive.sleep(delayMs)]);
    if (!(await slow) || drive.ended) return first;
    const runs = [first, drive.next({ kind: 'hedge' })];
    return new Promise<Outcome>((resolve) => {
      let left = runs.length;
      for (const run of runs) {
        void run.then((outcome) => {
          if (outcome.kind === 'success' || --left === 0) resolve(outcome);
        });
      }
    });
  }, 'hedging');
}

const throws = (): never => {
  throw new Error('no');
};

describe.each(carriers)('a driver that answers at once, in a call %s', (_name, outer) => {
  const other = new Error('other');
  const endings: readonly [string, () => Outcome, PromiseSettledResult<unknown>, string][] = [
    ['a value', () => success('instead'), { status: 'fulfilled', value: 'instead' }, 'success'],
    ['an error', () => failure(other), { status: 'rejected', reason: other }, 'failure'],
    [
      'by throwing',
      () => {
        throw other;
      },
      { status: 'rejected', reason: other },
      'failure',
    ],
  ];

  it.each(endings)('after a first outcome: %s', async (_how, drive, result, kind) => {
    const log: string[] = [];
    const accepts = (_call: Call, outcome: Outcome) => outcome.kind === 'success';
    const driver: Driver = { role: 'driver', type: 'at_once', accepts, drive };
    const calls = pipeline(
      'calls',
      ...outer(),
      logged(log, 'outside'),
      driver,
      logged(log, 'inside'),
    );
    for (const operation of [() => Promise.reject(new Error('no')), throws]) {
      expect(await calls.settle(operation)).toEqual(result);
      const [thrown] = await Promise.allSettled([calls.execute(operation)]);
      expect(thrown).toEqual(result);
    }
    const one = ['outside enter', 'inside enter', 'inside exit failure', `outside exit ${kind}`];
    expect(log).toEqual([...one, ...one, ...one, ...one]);
    expect(calls.inFlight).toBe(0);
  });

  it.each(endings)('in place of the operation: %s', async (_how, drive, result, kind) => {
    const log: string[] = [];
    const driver: Driver = { role: 'driver', type: 'at_once', drive };
    const calls = pipeline('calls', ...outer(), logged(log, 'outside'), driver);
    const operation = vi.fn();
    expect(await calls.settle(operation)).toEqual(result);
    const [thrown] = await Promise.allSettled([calls.execute(operation)]);
    expect(thrown).toEqual(result);
    expect(operation).not.toHaveBeenCalled();
    const one = ['outside enter', `outside exit ${kind}`];
    expect(log).toEqual([...one, ...one]);
  });

  it('may find the call given up by what it did', async () => {
    const discarded: unknown[] = [];
    const caller = new AbortController();
    const driver: Driver = {
      role: 'driver',
      type: 'at_once',
      drive() {
        caller.abort(other);
        return success('too late');
      },
    };
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      ...outer(),
      driver,
    );
    expect(await calls.settle(() => 1, { signal: caller.signal })).toEqual({
      status: 'rejected',
      reason: other,
    });
    expect(discarded).toEqual(['too late']);
  });
});

describe('a driver of a user', () => {
  it('may hedge: the first success wins and the others are aborted', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      logged(log, 'outer', { holds: true }),
      hedging(100),
      logged(log, 'inner'),
    );
    const kinds: unknown[] = [];
    calls.on('attempt', ({ attempt, kind, outcome }) => kinds.push([attempt, kind, outcome]));
    const slow = deferred();
    const signals: AbortSignal[] = [];
    const call = calls.execute(({ attempt, signal }) => {
      signals.push(signal);
      return attempt === 1 ? slow.promise : 'hedged';
    });
    await clock.advance(100);
    expect(await call).toBe('hedged');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ name: 'AbortError' });
    expect(kinds).toEqual([
      [2, 'hedge', 'success'],
      [1, 'first', 'cancelled'],
    ]);
    expect(log).toEqual([
      'outer enter',
      'inner enter',
      'inner enter',
      'inner exit success',
      'inner exit cancelled',
    ]);
    slow.resolve('late');
    await turn();
    expect(discarded).toEqual(['late']);
    expect(log.at(-1)).toBe('outer exit success');
    expect(calls.snapshot().inFlight).toBe(0);
  });

  it('and is given up as a whole by a timeout around it', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, timeout(500), hedging(100));
    const signals: AbortSignal[] = [];
    const call = calls.settle(({ signal }) => {
      signals.push(signal);
      return never();
    });
    await clock.advance(500);
    const { reason } = (await call) as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'ERR_TIMEOUT', timeoutMs: 500 });
    expect(signals.map((signal) => signal.reason)).toEqual([reason, reason]);
    expect(clock.pending).toBe(0);
  });

  it('may run nothing at all, in several runs at once, or after the call', async () => {
    const none = pipeline(
      'none',
      active(async () => ({ kind: 'success', value: 'none' }) as Outcome),
    );
    expect(await none.execute(() => 'operation')).toBe('none');
    const several = pipeline(
      'several',
      active(async (drive) => {
        const outcomes = await Promise.all([drive.next(), drive.next(), drive.next()]);
        return {
          kind: 'success',
          value: outcomes.map((each) => each.kind === 'success' && each.value),
        };
      }),
    );
    expect(await several.execute(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    let kept: Drive | undefined;
    const early = pipeline(
      'early',
      active(async (drive) => {
        kept = drive;
        return { kind: 'success', value: 'early' };
      }),
    );
    let runs = 0;
    expect(await early.execute(() => runs++)).toBe('early');
    expect(kept?.ended).toBe(true);
    expect(await kept?.next()).toMatchObject({ kind: 'cancelled' });
    expect(await kept?.sleep(5)).toBe(false);
    kept?.degraded();
    expect(runs).toBe(0);
  });

  it('sleeps in the time of the pipeline, and wakes when the call is given up', async () => {
    const clock = new VirtualClock();
    const slept: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', clock },
      timeout(1_000),
      active(async (drive) => {
        slept.push(
          await drive.sleep(0),
          await drive.sleep(-5),
          await drive.sleep(300),
          clock.now(),
        );
        slept.push(await drive.sleep(5_000), clock.now(), drive.ended, await drive.sleep(0));
        return drive.next();
      }),
    );
    const call = calls.settle(() => 1);
    await clock.advance(2_000);
    expect((await call).status).toBe('rejected');
    expect(slept).toEqual([true, true, true, 300, false, 1_000, true, false]);
    expect(clock.pending).toBe(0);
  });

  it('has the result it answers too late discarded', async () => {
    const clock = new VirtualClock();
    const discarded: unknown[] = [];
    const answer = deferred<Outcome>();
    const calls = pipeline(
      { name: 'calls', clock, discard: (value) => discarded.push(value) },
      timeout(100),
      active(() => answer.promise),
    );
    const call = calls.settle(() => 1);
    await clock.advance(100);
    expect((await call).status).toBe('rejected');
    answer.resolve({ kind: 'success', value: 'late' });
    await turn();
    expect(discarded).toEqual(['late']);
    const failing = deferred<Outcome>();
    const other = pipeline(
      { name: 'other', clock },
      timeout(100),
      active(() => failing.promise),
    );
    const second = other.settle(() => 1);
    await clock.advance(100);
    await second;
    failing.reject(new Error('late'));
    await turn();
  });

  it('that throws a rejection or a timeout ends the call as one', async () => {
    const outcomes: string[] = [];
    for (const error of [new RejectedError('no'), new Error('no')]) {
      const calls = pipeline(
        'calls',
        onFailure(() => Promise.reject(error)),
      );
      calls.on('call', ({ outcome }) => outcomes.push(outcome));
      await expect(calls.execute(() => Promise.reject(new Error('first')))).rejects.toBe(error);
    }
    expect(outcomes).toEqual(['rejected', 'failure']);
  });

  it('whose begin or accepts throws ends the call with that error, all permits back', async () => {
    const fault = new Error('in the driver');
    const throwing = (): never => {
      throw fault;
    };
    const log: string[] = [];
    for (const parts of [{ begin: throwing }, { accepts: throwing, inspectsValues: true }]) {
      const calls = pipeline(
        'calls',
        logged(log, 'a'),
        onFailure((drive) => drive.next(), parts),
        logged(log, 'b'),
      );
      await expect(calls.execute(() => 1)).rejects.toBe(fault);
    }
    expect(log).toEqual([
      ...['a enter', 'a exit failure'],
      ...['a enter', 'b enter', 'b exit success', 'a exit failure'],
    ]);
  });
});

describe('a pipeline', () => {
  it.each([
    ['a function', retry, 'call the function that makes it'],
    ['a name', 'retry', 'must be a policy'],
    ['nothing', undefined, 'must be a policy'],
    ['null', null, 'must be a policy'],
    ['an object without a type', { role: 'gate', enter() {}, exit() {} }, 'must be a policy'],
    ['a gate without exit', { role: 'gate', type: 'g', enter() {} }, 'must be a policy'],
    ['a driver without drive', { role: 'driver', type: 'd' }, 'must be a policy'],
    ['an unknown role', { role: 'filter', type: 'f' }, 'must be a policy'],
  ])('refuses %s as a policy', (_what, policy, text) => {
    const make = () => pipeline('calls', timeout('1s'), policy as never);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow('pipeline.policies[1]');
    expect(make).toThrow(text);
  });

  it('refuses to list one policy twice, also in a nested pipeline', () => {
    const once = timeout('1s');
    expect(() => pipeline('calls', once, once)).toThrow('listed twice');
    expect(() => pipeline('calls', once, pipeline('inner', once))).toThrow('listed twice');
  });

  it('numbers policies of the same name', async () => {
    const seen: unknown[] = [];
    const look = gate({ enter: (call) => void seen.push(call.policy) as undefined });
    const calls = pipeline(
      'calls',
      look,
      gate({ enter: look.enter }),
      gate({ name: 'own', enter: look.enter }),
    );
    await calls.execute(() => 1);
    expect(seen).toEqual(['gate', 'gate_2', 'own']);
  });

  it('G10: reads its options once and takes frozen ones', async () => {
    const options = Object.freeze({ name: 'calls', captureStack: false });
    const calls = pipeline(options, timeout(Object.freeze({ duration: '1s' })));
    expect(await calls.execute(() => 1)).toBe(1);
    const mutable = { name: 'before', captureStack: false };
    const read = pipeline(mutable);
    mutable.name = 'after';
    expect(read.name).toBe('before');
    expect(mutable).toEqual({ name: 'after', captureStack: false });
  });

  it('wraps a function of the same arguments', async () => {
    const calls = pipeline('calls', retry({ initialDelay: 0, maxDelay: 0 }));
    const wrapped = calls.wrap(({ attempt }, a: number, b: string) => {
      if (attempt === 1) throw new Error('no');
      return `${a}${b}`;
    });
    expect(await wrapped(1, 'x')).toBe('1x');
  });

  it('G11: may be called by its own operation, listener, predicate and exit', async () => {
    const results: unknown[] = [];
    let depth = 0;
    const again = (what: string): void => {
      if (depth > 0) return;
      depth++;
      void calls.execute(() => what).then((value) => results.push(value));
      depth--;
    };
    const calls = pipeline(
      'calls',
      timeout('1h'),
      retry({
        maxRetries: 1,
        initialDelay: 0,
        maxDelay: 0,
        handle: (outcome) => {
          if (outcome.kind === 'success') return false;
          again('predicate');
          return true;
        },
      }),
      gate({ exit: (_call, { kind }) => (kind === 'success' ? undefined : again('exit')) }),
    );
    calls.on('retry', () => again('listener'));
    let runs = 0;
    const result = await calls.execute(async () => {
      if (++runs === 1) throw new Error('no');
      return calls.execute(() => calls.execute(() => 'nested'));
    });
    await turn();
    expect(result).toBe('nested');
    expect(results.sort()).toEqual(['exit', 'listener', 'predicate']);
    expect(calls.snapshot().inFlight).toBe(0);
  });

  it('G12: rejections carry where they come from, and a stack only on demand', async () => {
    const refuse = () =>
      gate({
        name: 'full',
        enter: ({ captureStack }) => new RejectedError('no', { captureStack, retryAfter: 5 }),
      });
    for (const captureStack of [false, true]) {
      const calls = pipeline({ name: 'calls', captureStack }, refuse());
      const { reason } = (await calls.settle(() => 1)) as PromiseRejectedResult;
      expect(reason).toMatchObject({
        pipeline: 'calls',
        policy: 'full',
        code: 'ERR_REJECTED',
        retryAfter: 5,
      });
      expect(reason.stack.includes('\n    at ')).toBe(captureStack);
    }
  });

  it('G13: a wall clock that jumps moves nothing', async () => {
    const clock = new VirtualClock();
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1m'),
      retry({ initialDelay: '10s', jitter: 'none' }),
    );
    const call = calls.settle(() => Promise.reject(new Error('no')));
    await clock.advance('5s');
    clock.jumpWall(1e12);
    clock.jumpWall(-2e12);
    await clock.advance('4s');
    expect(calls.snapshot().inFlight).toBe(1);
    await clock.advance('1h');
    expect(await call).toMatchObject({ status: 'rejected', reason: { message: 'no' } });
  });

  it('G7: timeouts of more than 2^31-1 ms fire at their time', async () => {
    const clock = new VirtualClock();
    const duration = 2 ** 31 + 5;
    const calls = pipeline({ name: 'calls', clock }, timeout(duration));
    const call = calls.settle(never);
    await clock.advance(duration - 1);
    expect(calls.snapshot().inFlight).toBe(1);
    await clock.advance(1);
    expect(await call).toMatchObject({ reason: { timeoutMs: duration } });
  });

  it.each([Number.NaN, -1, Infinity, '1 year', {}, null])(
    'G7: refuses %s as a duration',
    (duration) => {
      expect(() => timeout(duration as never)).toThrow(ConfigError);
    },
  );
});

describe('listeners', () => {
  it('G4: that throw change nothing in the call', async () => {
    const calls = pipeline('calls', retry({ initialDelay: 0, maxDelay: 0 }));
    const heard: string[] = [];
    calls.on(() => {
      throw new Error('in the listener');
    });
    calls.on(({ type }) => heard.push(type));
    let runs = 0;
    expect(await calls.execute(() => (++runs < 3 ? Promise.reject(new Error('no')) : 'yes'))).toBe(
      'yes',
    );
    expect(heard).toEqual(['attempt', 'retry', 'attempt', 'retry', 'attempt', 'call']);
  });

  it('are told of a call with its outcome, attempts and duration', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, retry({ initialDelay: 50, jitter: 'none' }));
    const heard: unknown[] = [];
    calls.on('call', (event) => heard.push(event));
    let runs = 0;
    const call = calls.execute(() => (++runs < 2 ? Promise.reject(new Error('no')) : 'yes'));
    await clock.advance(50);
    await call;
    expect(heard).toEqual([
      {
        type: 'call',
        outcome: 'success',
        attempts: 2,
        durationMs: 50,
        value: 'yes',
        error: undefined,
        callId: expect.any(Number),
        pipeline: 'calls',
        key: undefined,
        policy: undefined,
      },
    ]);
  });

  it('hear of the policies of a nested pipeline in both', async () => {
    const inner = pipeline('inner', gate({ name: 'full', enter: () => new RejectedError('no') }));
    const outer = pipeline('outer', inner);
    const heard: unknown[] = [];
    inner.on('rejection', (event) => heard.push(['inner', event.pipeline, event.policy]));
    await outer.settle(() => 1);
    outer.on('rejection', (event) => heard.push(['outer', event.pipeline, event.policy]));
    await outer.settle(() => 1);
    expect(heard).toEqual([
      ['inner', 'outer', 'full'],
      ['outer', 'outer', 'full'],
      ['inner', 'outer', 'full'],
    ]);
  });

  it('stop when asked, once and for all', async () => {
    const calls = pipeline('calls');
    const heard: number[] = [];
    const stop = calls.on(() => heard.push(1));
    calls.on(() => heard.push(2));
    await calls.execute(() => 1);
    stop();
    stop();
    await calls.execute(() => 1);
    calls[Symbol.dispose]();
    await calls.execute(() => 1);
    expect(heard).toEqual([1, 2, 1, 2, 2, 2]);
    expect(() => calls.on('call', undefined as never)).toThrow(TypeError);
    expect(() => calls.on(5 as never)).toThrow(TypeError);
  });

  it('hear of what happens outside calls while they listen', () => {
    const subscribers = new Set<unknown>();
    const calls = pipeline(
      'calls',
      gate({
        subscribe(emit) {
          subscribers.add(emit);
          emit({ type: 'discard' });
          return () => subscribers.delete(emit);
        },
      }),
    );
    const heard: unknown[] = [];
    const stop = calls.on(({ type, policy }) => heard.push([type, policy]));
    const other = calls.on(() => {});
    expect(subscribers.size).toBe(1);
    stop();
    expect(subscribers.size).toBe(1);
    other();
    expect(subscribers.size).toBe(0);
    expect(heard).toEqual([['discard', 'gate']]);
  });
});
