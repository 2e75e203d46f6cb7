import { ConfigError, ConsecutiveBreaker, circuitBreaker, standard } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { rig } from '../policies/support/rig.js';

/**
 * `failureRate: false` with failures in a row as the only rule looks like a plain consecutive breaker, and never opened in
 * traffic: failures in a row count only while the window holds few calls (B2).
 */
describe('B2: failures in a row as the only rule', () => {
  it('is a ConfigError that says why, and what to do', () => {
    for (const options of [
      { failureRate: false },
      { failureRate: false, consecutiveFailures: 3 },
    ] as const) {
      for (const make of [
        circuitBreaker,
        (given: typeof options) => standard({ circuitBreaker: given }),
      ]) {
        expect(() => make(options)).toThrow(ConfigError);
        expect(() => make(options)).toThrow(
          /failureRate: .*minimumCalls \(20\).*ConsecutiveBreaker/,
        );
      }
    }
  });

  it('works where minimumCalls says how far, or another rule covers the rest', () => {
    const slow = { slowCallRate: 0.5, slowCallDuration: '1s' } as const;
    for (const other of [{ minimumCalls: 20 }, slow]) {
      expect(() => circuitBreaker({ failureRate: false, ...other })).not.toThrow();
    }
  });

  it('has a remedy that opens in traffic', async () => {
    const breaker = circuitBreaker({ breaker: new ConsecutiveBreaker(5) });
    const { pipeline } = rig(breaker);
    for (let i = 0; i < 100; i++) await pipeline.execute(() => 1);
    for (let i = 0; i < 5; i++) await pipeline.settle(() => Promise.reject(new Error('down')));
    expect(breaker.state).toBe('open');
  });
});
