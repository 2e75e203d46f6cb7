import {
  type Context,
  type Drive,
  fallback,
  type Outcome,
  pipeline,
  retry,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deferred, never, turn } from './support/deferred.js';
import { active, gate, logged, onFailure } from './support/layers.js';
import { carriers } from './support/shapes.js';

/** What an operation or a driver kept may be used when the call is long over; it must not touch another call by then. */
describe('a context that was kept', () => {
  it.each(carriers)(
    'says that there is no deadline any more, of a call %s',
    async (_name, outer) => {
      const calls = pipeline('calls', ...outer());
      let kept: Context | undefined;
      await calls.execute((context) => {
        kept = context;
      });
      await calls.execute(() => 1);
      expect([kept?.deadline, kept?.timeLeft, kept?.pipeline, kept?.attempt]).toEqual([
        Infinity,
        Infinity,
        '',
        1,
      ]);
      expect(kept?.signal.aborted).toBe(false);
    },
  );

  it('by an abandoned operation that still runs says the same', async () => {
    const clock = new VirtualClock();
    const calls = pipeline({ name: 'calls', clock }, timeout('1s'));
    let kept: Context | undefined;
    const late = deferred();
    const call = calls.settle((context) => {
      kept = context;
      return late.promise;
    });
    await clock.advance('2s');
    await call;
    expect([kept?.deadline, kept?.timeLeft, kept?.pipeline]).toEqual([Infinity, Infinity, 'calls']);
    expect(kept?.signal.aborted).toBe(true);
    late.resolve(1);
    await turn();
    expect([kept?.deadline, kept?.pipeline]).toEqual([Infinity, '']);
  });

  it('by a fallback function says that the time is up when it is', async () => {
    const clock = new VirtualClock();
    let kept: Context | undefined;
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      fallback((_outcome, context) => {
        kept = context;
        return never();
      }),
    );
    const call = calls.settle(() => Promise.reject(new Error('no')));
    await clock.advance('400ms');
    expect([kept?.deadline, kept?.timeLeft]).toEqual([1_000, 600]);
    await clock.advance('600ms');
    expect(await call).toMatchObject({ reason: { timeoutMs: 1_000 } });
    expect(kept?.signal.reason).toMatchObject({ timeoutMs: 1_000 });
    expect(kept?.timeLeft).toBe(Infinity);
  });
});

describe('a hold that was kept', () => {
  it('does nothing to calls that come later', async () => {
    const discarded: unknown[] = [];
    let kept: Drive | undefined;
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      onFailure(async (drive) => {
        kept ??= drive;
        return { kind: 'success', value: 'driven' } as Outcome;
      }),
    );
    await calls.settle(() => Promise.reject(new Error('no')));
    const answer = deferred();
    const heard: string[] = [];
    calls.on(({ type, ...event }) =>
      heard.push('outcome' in event ? `${type} ${event.outcome}` : type),
    );
    const other = calls.execute(() => answer.promise);
    kept?.degraded();
    kept?.discard({ kind: 'success', value: 'kept' } as Outcome);
    kept?.discard({ kind: 'failure', error: 1 } as Outcome);
    expect(await kept?.next()).toMatchObject({ kind: 'cancelled' });
    answer.resolve('other');
    expect(await other).toBe('other');
    expect(discarded).toEqual(['kept']);
    expect(heard).toEqual(['attempt success', 'call success']);
  });

  it('of a driver inside another is given up with it', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    let inner: Drive | undefined;
    const calls = pipeline(
      { name: 'calls', clock },
      timeout('1s'),
      active((drive) => drive.next(), 'outer'),
      logged(log, 'between'),
      active(async (drive) => {
        inner = drive;
        await drive.sleep(5_000);
        log.push(`woken ${drive.ended}`);
        return drive.next();
      }, 'inner'),
    );
    const call = calls.settle(() => log.push('operation'));
    await clock.advance('2s');
    expect(await call).toMatchObject({ reason: { timeoutMs: 1_000 } });
    expect(inner?.ended).toBe(true);
    expect(log).toEqual(['between enter', 'between exit cancelled', 'woken true']);
  });
});

describe('what a fallback answered', () => {
  it('is counted as a fallback, unless it failed in the end', async () => {
    const outcomes: string[] = [];
    const good = pipeline('good', fallback('else'));
    good.on('call', ({ outcome }) => outcomes.push(outcome));
    await good.settle(() => Promise.reject(new Error('no')));
    await good.settle(() => 'fine');
    const bad = pipeline(
      'bad',
      gate({
        exit() {
          throw new Error('after all');
        },
      }),
      fallback('else'),
    );
    bad.on('call', ({ outcome }) => outcomes.push(outcome));
    await bad.settle(() => Promise.reject(new Error('no')));
    expect(outcomes).toEqual(['fallback', 'success', 'failure']);
  });

  it('is offered to a retry around it like any result', async () => {
    let runs = 0;
    const calls = pipeline(
      'calls',
      retry({
        initialDelay: 0,
        maxDelay: 0,
        handle: (outcome) => outcome.kind === 'success' && outcome.value === 'else',
      }),
      fallback('else'),
    );
    expect(await calls.execute(() => (++runs < 3 ? Promise.reject(new Error('no')) : 'real'))).toBe(
      'real',
    );
  });
});

describe('what comes at the very end', () => {
  it('T5: a gate that gives the call up while it is left comes too late', async () => {
    const late = gate({
      mayAbandon: true,
      exit: (call) => call.abandon(call.layer, new Error('too late')),
    });
    for (let i = 0; i < 3; i++) {
      const calls = pipeline('calls', late);
      expect(await calls.settle(() => 'there')).toEqual({ status: 'fulfilled', value: 'there' });
      expect(calls.snapshot().inFlight).toBe(0);
    }
  });

  it('a timeout of another pipeline, used in the operation, counts as one', async () => {
    const clock = new VirtualClock();
    const inner = pipeline({ name: 'inner', clock }, timeout('1s'));
    const outer = pipeline({ name: 'outer', clock });
    const outcomes: string[] = [];
    outer.on('call', ({ outcome }) => outcomes.push(outcome));
    const call = outer.settle(() => inner.execute(never));
    await clock.advance('1s');
    expect(await call).toMatchObject({ reason: { pipeline: 'inner', code: 'ERR_TIMEOUT' } });
    expect(outcomes).toEqual(['timeout']);
  });

  it('a result that is retried is reported as discarded', async () => {
    const discarded: unknown[] = [];
    const calls = pipeline(
      { name: 'calls', discard: (value) => discarded.push(value) },
      retry({
        maxRetries: 1,
        initialDelay: 0,
        maxDelay: 0,
        handle: ({ kind }) => kind === 'success',
      }),
    );
    const heard: string[] = [];
    calls.on('discard', ({ policy }) => heard.push(String(policy)));
    expect(await calls.execute(({ attempt }) => attempt)).toBe(2);
    expect([discarded, heard]).toEqual([[1], ['retry']]);
  });

  it('R9: nothing is reported of a call that a predicate of its retry aborted', async () => {
    const caller = new AbortController();
    const events: string[] = [];
    const calls = pipeline(
      'calls',
      retry({
        initialDelay: 0,
        maxDelay: 0,
        handle: (outcome) => {
          if (outcome.kind !== 'success' && outcome.error === 2) caller.abort();
          return true;
        },
      }),
    );
    calls.on(({ type }) => events.push(type));
    const call = calls.settle(({ attempt }) => Promise.reject(attempt), { signal: caller.signal });
    expect((await call).status).toBe('rejected');
    await turn();
    expect(events).toEqual(['attempt', 'retry', 'attempt', 'call']);
  });
});
