import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/**
 * On Workers, an operation that takes no signal never settles once its request has been answered. So the slot of a call that a timeout had
 * given up never came back, and in the end all calls were refused.
 */

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

const hosts = [
  ['workerd', 'WebSocketPair', class {}],
  ['an edge runtime', 'EdgeRuntime', 'edge-runtime'],
] as const;

const one = { initialLimit: 1, minLimit: 1, maxLimit: 1, maxQueued: 0 };

/** How many slots a call holds that was given up while its operation goes on: by policy. */
async function heldSlots(releaseOnAbandon?: boolean): Promise<Record<string, number | undefined>> {
  const { adaptiveLimiter, bulkhead, pipeline, standard, timeout } = await import(
    '../../src/index.js'
  );
  const { VirtualClock } = await import('../../src/testing/index.js');
  const clock = new VirtualClock();
  const given = releaseOnAbandon === undefined ? {} : { releaseOnAbandon };
  const policies = {
    plain: [bulkhead(releaseOnAbandon === undefined ? undefined : given)],
    bulkhead: [bulkhead({ maxConcurrent: 1, ...given })],
    brake: [adaptiveLimiter({ ...given })],
    aimd: [adaptiveLimiter({ algorithm: 'aimd', ...one, ...given })],
    standard: standard({ adaptiveLimiter: { ...given }, retry: false }),
  };
  const held: Record<string, number | undefined> = {};
  for (const [name, list] of Object.entries(policies)) {
    const calls = pipeline({ name, clock }, timeout('1s'), ...list);
    void calls.settle(() => new Promise(() => {}));
    await clock.advance('1s');
    const slots = list.map((policy) => policy.measure?.(clock.now()).inFlight);
    held[name] = slots.find((each) => each !== undefined);
  }
  return held;
}

const NONE = { plain: 0, bulkhead: 0, brake: 0, aimd: 0, standard: 0 };
const ALL = { plain: 1, bulkhead: 1, brake: 1, aimd: 1, standard: 1 };

it.each(hosts)(
  'Q5: on %s a call that is given up gives its slot back at once, unless the user says otherwise',
  async (_name, global, value) => {
    vi.stubGlobal(global, value);
    expect(await heldSlots()).toEqual(NONE);
    expect(await heldSlots(false)).toEqual(ALL);
  },
);

it('Q3: elsewhere it holds its slot until the operation has settled, unless the user says otherwise', async () => {
  expect(await heldSlots()).toEqual(ALL);
  expect(await heldSlots(true)).toEqual(NONE);
});
