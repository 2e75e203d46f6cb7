import { ContractError, circuitBreaker, retry } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import { rejectionOf, rig } from '../policies/support/rig.js';

const down = new Error('down');

describe('G4: an error whose retryAfter cannot be read', () => {
  /** The getter's error took the place of the call's own, which was neither retried nor counted. */
  const unreadable = Object.defineProperty(new Error('down'), 'retryAfter', {
    get() {
      throw new Error('getter');
    },
  });

  it('asks for nothing: retry and breaker go by their own delays', async () => {
    const breaker = circuitBreaker({ minimumCalls: 2, failingFor: 0 });
    const { clock, pipeline } = rig(retry({ maxRetries: 1 }), breaker);
    const operation = vi.fn(() => Promise.reject(unreadable));
    expect(await rejectionOf(clock.runUntil(pipeline.execute(operation)))).toBe(unreadable);
    expect(operation).toHaveBeenCalledTimes(2);
    expect(breaker.state).toBe('open');
  });
});

describe('a delayFrom that throws', () => {
  const fault = new TypeError('no headers');
  const delayFrom = (): never => {
    throw fault;
  };

  /** It is written for answers, and throws for the one thing a breaker is for: that there is none. */
  it('G4, B8: ends the call with its error, and the failure counts', async () => {
    const breaker = circuitBreaker({ delayFrom, consecutiveFailures: 2, failingFor: 0 });
    const { pipeline } = rig(breaker);
    for (let i = 0; i < 2; i++) {
      expect(await rejectionOf(pipeline.execute(() => Promise.reject(down)))).toBe(fault);
    }
    expect(breaker.state).toBe('open');
  });

  /** A probe freed its place each time: half-open for ever, and open to every call. */
  it('G4, B6: in a probe, the probe has failed', async () => {
    const breaker = circuitBreaker({ delayFrom, probes: 1 });
    const { clock, pipeline } = rig(breaker);
    breaker.trip();
    await clock.advance('10s');
    expect(breaker.state).toBe('half_open');
    expect(await rejectionOf(pipeline.execute(() => Promise.reject(down)))).toBe(fault);
    expect(breaker.state).toBe('open');
  });
});

describe('G4: a delay that is a promise', () => {
  /** It was taken for no delay, and its rejection ended the process. */
  const later = (() => Promise.reject(new Error('later'))) as never;

  it.each([
    ['retry', () => retry({ delayFrom: later })],
    ['circuit breaker', () => circuitBreaker({ delayFrom: later })],
  ])('from delayFrom of a %s ends the call with a ContractError', async (_, policy) => {
    const { pipeline } = rig(policy());
    const error = await rejectionOf(pipeline.execute(() => Promise.reject(down)));
    expect(error).toBeInstanceOf(ContractError);
    expect(String(error)).toContain('delayFrom returned a promise');
  });

  it('from backoff ends it with a ConfigError, and is no unhandled rejection', async () => {
    const { pipeline } = rig(retry({ backoff: later }));
    const error = await rejectionOf(pipeline.execute(() => Promise.reject(down)));
    expect(error).toMatchObject({ code: 'ERR_CONFIG', path: 'retry.backoff', cause: down });
  });
});

describe('a filter of one’s own, in the form of cockatiel’s', () => {
  /** Its methods were called without their `this`. */
  it('R2: is called as the object it is', async () => {
    const options = {
      names: new Set(['Busy']),
      errorFilter(error: unknown) {
        return this.names.has((error as Error).name);
      },
      resultFilter() {
        return this.names.has('result');
      },
    };
    const { clock, pipeline } = rig(retry({ maxRetries: 1, handle: { options } }));
    const busy = Object.assign(new Error('busy'), { name: 'Busy' });
    const operation = vi.fn(({ attempt }) => (attempt === 1 ? Promise.reject(busy) : 'fine'));
    expect(await clock.runUntil(pipeline.execute(operation))).toBe('fine');
    expect(operation).toHaveBeenCalledTimes(2);
  });
});
