import { afterEach, describe, expect, it, vi } from 'vitest';

type Holdfast = typeof import('../../src/index.js');

/** The modules of Node that were asked for. */
const asked: string[] = [];

const SEAM = Symbol.for('holdfast.inherited.1');

/** The package as a runtime without Node's modules loads it. */
async function loaded(): Promise<Holdfast> {
  vi.resetModules();
  vi.doMock('../../src/host.js', () => ({
    boundToRequests: false,
    builtinModule: (id: string) => {
      asked.push(id);
      return undefined;
    },
  }));
  // What all copies of the process share.
  const seam = (globalThis as Record<symbol, { carrier?: unknown } | undefined>)[SEAM];
  if (seam !== undefined) delete seam.carrier;
  return import('../../src/index.js');
}

describe('D10: without AsyncLocalStorage', () => {
  afterEach(() => {
    vi.doUnmock('../../src/host.js');
    vi.unstubAllGlobals();
  });

  it('D10: runWithin says what to do instead, and everything else works', async () => {
    const { deadlineFrom, detached, pipeline, runWithin, systemClock, timeLeft } = await loaded();
    asked.length = 0;
    await pipeline('first').execute(() => timeLeft());
    expect(deadlineFrom({})).toBe(Infinity);
    expect(asked).not.toContain('node:async_hooks');
    expect(() => runWithin(systemClock.now() + 50, () => 1)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringContaining('execute(operation, { deadline })'),
      }),
    );
    expect(detached(() => 5)).toBe(5);
    expect(timeLeft()).toBe(Infinity);
    const deadline = deadlineFrom(new Headers({ 'grpc-timeout': '1M' }));
    const calls = pipeline('calls');
    const left = await calls.execute((context) => context.timeLeft, { deadline });
    expect(left).toBeGreaterThan(30_000);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(await calls.execute(() => 1)).toBe(1);
  });

  it('D10: an edge runtime that has it as a global is as good', async () => {
    const { AsyncLocalStorage } = await import('node:async_hooks');
    vi.stubGlobal('AsyncLocalStorage', AsyncLocalStorage);
    const { pipeline, runWithin } = await loaded();
    const calls = pipeline('calls');
    const left = await runWithin({ timeout: '1m' }, async () => {
      await Promise.resolve();
      return calls.execute((context) => context.timeLeft);
    });
    expect(left).toBeLessThanOrEqual(60_000);
  });
});
