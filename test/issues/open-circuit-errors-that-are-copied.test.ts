import { CircuitOpenError, circuitBreaker, pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

const FAILED = new Error('the upstream is down');

async function refused(): Promise<CircuitOpenError> {
  const calls = pipeline(
    { name: 'calls', clock: new VirtualClock(), telemetry: false },
    circuitBreaker({ consecutiveFailures: 1 }),
    timeout('1s'),
  );
  await calls.settle(() => Promise.reject(FAILED));
  const error = await calls.execute(() => 1).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(CircuitOpenError);
  return error as CircuitOpenError;
}

/** Vitest, on its way to show a difference, makes an object like it, with its prototype. Loggers and spies do so, too. */
describe('an error of an open circuit', () => {
  it('tells its cause', async () => {
    expect((await refused()).cause).toBe(FAILED);
  });

  it.each<[string, (error: CircuitOpenError) => object]>([
    [
      'a copy',
      (error) =>
        Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error)),
    ],
    ['an object that inherits from it', (error) => Object.create(error)],
    ['a proxy', (error) => new Proxy(error, {})],
    ['its prototype', (error) => Object.getPrototypeOf(error)],
  ])('may be looked at through %s', async (_, made) => {
    const { cause } = made(await refused()) as CircuitOpenError;
    expect(cause).toBe(undefined);
  });

  it('takes another cause, like every error', async () => {
    const error = await refused();
    Object.assign(error, { cause: 'another' });
    expect(error.cause).toBe('another');
    expect(Object.keys(error)).not.toContain('cause');
  });
});
