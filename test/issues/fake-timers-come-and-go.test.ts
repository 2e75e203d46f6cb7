import { pipeline, systemClock, TimeoutError, timeout } from 'holdfast';
import { afterEach, describe, expect, it } from 'vitest';
import { timeSourceOf } from '../../src/time/time-source.js';
import { fakers } from '../policies/support/fakers.js';
import { follow, rejectionOf } from '../policies/support/rig.js';

const never = () => new Promise<never>(() => {});

/**
 * Deadlines of real and of fake time stood in one queue, behind one timer. A call that a test with fake timers left behind kept
 * every later call with the same timeout from ever timing out, and fakes that leave `performance.now` alone never
 * let any time out.
 */
describe.each(fakers)('$name that come and go', ({ install, advance, restore }) => {
  afterEach(restore);

  it('a call that a test left behind does not keep later ones from timing out', async () => {
    install();
    const calls = pipeline('left behind', timeout(30));
    const leftBehind = follow(calls.execute(never));
    restore();
    // On real timers again, with the same duration.
    expect(await rejectionOf(calls.execute(never))).toBeInstanceOf(TimeoutError);
    install();
    const ended = follow(calls.execute(never));
    await advance(30);
    expect(ended.now).toMatchObject({ is: 'rejected' });
    expect(leftBehind.now.is).not.toBe('fulfilled');
  });

  it('a call under way on real timers keeps its own, and fakes are exact beside it', async () => {
    const calls = pipeline('mixed', timeout(50));
    const real = rejectionOf(calls.execute(never));
    install();
    const ended = follow(calls.execute(never));
    await advance(49);
    expect(ended.now).toEqual({ is: 'pending' });
    await advance(1);
    expect(ended.now).toMatchObject({ is: 'rejected' });
    restore();
    expect(await real).toBeInstanceOf(TimeoutError);
  });

  it('fakes installed right after a burst of real calls are exact', async () => {
    const calls = pipeline('burst', timeout('5s'));
    for (let i = 0; i < 100; i++) await calls.execute(() => 1);
    install();
    const ended = follow(calls.execute(never));
    await advance(4_999);
    expect(ended.now).toEqual({ is: 'pending' });
    await advance(1);
    expect(ended.now).toMatchObject({ is: 'rejected' });
  });

  it('a real timer that fires while fakes are installed ends its call', async () => {
    const calls = pipeline('across', timeout(40));
    const real = rejectionOf(calls.execute(never));
    const turn = setImmediate;
    const now = performance.now.bind(performance);
    const until = now() + 60;
    install();
    while (now() < until) await new Promise((resolve) => turn(resolve));
    expect(await real).toBeInstanceOf(TimeoutError);
  });

  it('a queue of before hands its deadlines on to the one in charge, either way', async () => {
    const time = timeSourceOf(systemClock);
    const passed: string[] = [];
    const listener = { onDeadline: (owner: string) => void passed.push(owner) };
    const real = time.deadlines(20);
    install();
    const faked = real.add(listener, 'faked', 0).queue;
    expect(faked).toBe(time.deadlines(20));
    expect([real.empty, faked.empty]).toEqual([true, false]);
    await advance(20);
    expect(passed).toEqual(['faked']);
    expect(faked.empty).toBe(true);
    restore();
    const taken = faked.add(listener, 'real', 0);
    expect(taken.queue).toBe(real);
    taken.queue.remove(taken);
  });

  it('a call made under fakes may end after they are gone', async () => {
    install();
    const calls = pipeline('across', timeout('5s'));
    let end: (value: unknown) => void = () => {};
    const call = calls.execute(() => new Promise((resolve) => (end = resolve)));
    restore();
    end('good');
    expect(await call).toBe('good');
  });
});
