import { DiagLogLevel, diag } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import type { EventBody, PipelineEvent } from '../../../src/index.js';
import { circuitBreaker, keyed, pipeline } from '../../../src/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import { DOWN, harness } from './support.js';

const failing = () => Promise.reject(DOWN);

/** What listeners hear, and what they may do. */
describe('circuitBreaker: events', () => {
  it('transitions in calls and by hand reach the listeners, with all they need', async () => {
    const { breaker, clock, events, fail } = harness({ name: 'upstream' });
    await fail(5);
    await clock.advance('5s');
    expect(breaker.state).toBe('half_open');
    breaker.reset();
    const common = { type: 'transition', pipeline: 'calls', key: undefined, policy: 'upstream' };
    expect(events.filter(({ type }) => type === 'transition')).toEqual([
      {
        ...common,
        from: 'closed',
        to: 'open',
        reason: 'consecutive_failures',
        openForMs: 5_000,
        cause: DOWN,
        enforced: true,
        callId: expect.any(Number),
      },
      {
        ...common,
        from: 'open',
        to: 'half_open',
        reason: 'open_elapsed',
        openForMs: undefined,
        enforced: true,
      },
      {
        ...common,
        from: 'half_open',
        to: 'closed',
        reason: 'reset',
        openForMs: undefined,
        enforced: true,
      },
    ]);
  });

  it('every pipeline that shares it hears of it under its own name, until it stops listening', () => {
    const clock = new VirtualClock();
    const breaker = circuitBreaker();
    const heard: string[] = [];
    const listen = (event: PipelineEvent) => heard.push(`${event.pipeline}/${event.policy}`);
    const inner = pipeline({ name: 'inner', clock }, breaker);
    const outer = pipeline({ name: 'outer', clock }, inner);
    inner.on('transition', listen);
    const stop = outer.on('transition', listen);
    breaker.trip();
    expect(heard).toEqual(['inner/circuit_breaker', 'outer/circuit_breaker']);
    stop();
    breaker.reset();
    expect(heard.slice(2)).toEqual(['inner/circuit_breaker']);
  });

  it('copies of a keyed pipeline report with their key', async () => {
    const clock = new VirtualClock();
    const heard: (string | undefined)[] = [];
    const hosts = keyed(
      pipeline({ name: 'calls', clock }, circuitBreaker({ consecutiveFailures: 5, failingFor: 0 })),
    );
    hosts.on('transition', ({ key, to }) => heard.push(key, to));
    for (let i = 0; i < 5; i++) await hosts.settle('a', failing);
    await hosts.settle('b', failing);
    expect(heard).toEqual(['a', 'open']);
  });

  it('G4: a listener that throws changes nothing', async () => {
    const { breaker, calls, clock, fail, succeed } = harness();
    calls.on(() => {
      throw new Error('listener');
    });
    await fail(5);
    expect(breaker.state).toBe('open');
    await clock.advance('5s');
    await expect(succeed(3)).resolves.toMatchObject({ value: 'ok' });
    expect(breaker.state).toBe('closed');
    expect(() => breaker.isolate().release()).not.toThrow();
  });

  it('G4: a subscriber of its own that throws changes nothing, and is reported', () => {
    const error = vi.fn();
    const nothing = () => {};
    diag.setLogger(
      { error, warn: nothing, info: nothing, debug: nothing, verbose: nothing },
      { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
    );
    try {
      const breaker = circuitBreaker();
      const heard: EventBody[] = [];
      breaker.subscribe(() => {
        throw DOWN;
      });
      const stop = breaker.subscribe((event) => heard.push(event));
      breaker.isolate().release();
      expect(heard).toHaveLength(2);
      expect(error).toHaveBeenCalledWith(expect.stringContaining('circuit breaker'), DOWN);
      stop();
      breaker.trip();
      expect(heard).toHaveLength(2);
    } finally {
      diag.disable();
    }
  });

  it('the same function may subscribe twice, and stops one at a time', () => {
    const breaker = circuitBreaker();
    const heard = vi.fn();
    const stop = breaker.subscribe(heard);
    breaker.subscribe(heard);
    stop();
    stop();
    breaker.trip();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('G11: a listener sees the new state, and may call the pipeline from a transition', async () => {
    const { breaker, calls, clock, fail } = harness({ probes: 1 });
    const seen: string[] = [];
    const results: Promise<PromiseSettledResult<number>>[] = [];
    calls.on('transition', ({ to }) => {
      seen.push(`${to} ${breaker.state} ${breaker.snapshot().state}`);
      results.push(calls.settle(async () => 1));
    });
    await fail(5);
    await clock.advance('5s');
    // The listener's own call is the one probe; this one is refused.
    const refused = await calls.settle(() => 2);
    expect(refused.status).toBe('rejected');
    const statuses = (await Promise.all(results)).map(({ status }) => status);
    expect(seen).toEqual([
      'open open open',
      'half_open half_open half_open',
      'closed closed closed',
    ]);
    expect(statuses).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['trip', 'half_open', 'open'],
    ['reset', 'half_open', 'closed'],
    ['isolate', 'half_open', 'isolated'],
    ['reset', 'open', 'closed'],
    ['isolate', 'open', 'isolated'],
    ['trip', 'closed', 'open'],
    ['isolate', 'closed', 'isolated'],
    ['reset', 'isolated', 'closed'],
  ] as const)('G11: a listener may %s on the way to %s', async (control, on, after) => {
    const { breaker, calls, clock, fail, start, transitions } = harness({ probes: 1 });
    const settled: Promise<unknown>[] = [];
    let armed = true;
    calls.on('transition', ({ to }) => {
      if (!armed || to !== on) return;
      armed = false;
      breaker[control]();
    });
    await fail(5);
    await clock.advance('5s');
    const probe = start();
    if (probe.ran) settled.push(probe.succeed());
    await clock.flush();
    if (on === 'isolated') breaker.isolate();
    await Promise.all(settled);
    expect(breaker.state).toBe(after);
    const path = transitions().map((each) => each.replace(/:.*/, '').split(' > '));
    for (const [i, [from]] of path.entries()) {
      if (i > 0) expect(from).toBe(path[i - 1]?.[1]);
    }
  });

  it('G11: a call that finds the breaker closed by a listener goes through', async () => {
    const { breaker, calls, clock, fail } = harness();
    calls.on('transition', ({ to }) => {
      if (to === 'half_open') breaker.reset();
    });
    await fail(5);
    await clock.advance('5s');
    await expect(calls.execute(() => 1)).resolves.toBe(1);
    expect(breaker.snapshot().window.calls).toBe(1);
  });

  it('G11: an operation may call its own pipeline, trip and reset', async () => {
    const { breaker, calls } = harness();
    const inner = await calls.execute(async () => {
      breaker.trip();
      const refused = await calls.settle(() => 1);
      breaker.reset();
      return [refused.status, await calls.execute(() => 2)];
    });
    expect(inner).toEqual(['rejected', 2]);
    expect(breaker.snapshot().window.calls).toBe(1);
  });
});
