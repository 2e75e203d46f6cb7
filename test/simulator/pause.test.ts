import { beforeEach, describe, expect, it } from 'vitest';
import { type Arm, arms, type Scenario, simulate } from '../../src/simulator/index.js';
import { VirtualTime } from '../../src/simulator/virtual-time.js';

let time: VirtualTime;
let seen: string[];

const note = (what: string) => (): void => void seen.push(`${what} ${time.now()}`);

beforeEach(() => {
  time = new VirtualTime(async () => {});
  seen = [];
});

describe('S10: a pause of the clients process', () => {
  it('holds up its timers and what comes over sockets, and nothing else', async () => {
    time.setTimer(() => time.pause(100), 50);
    time.process.setTimer(note('timer before'), 49);
    time.process.setTimer(note('timer'), 60);
    time.deliver(note('answer'), 70);
    time.setTimer(note('server'), 80);
    time.process.setTimer(note('timer after'), 151);
    await time.run(1_000);
    expect(seen).toEqual([
      'timer before 49',
      'server 80',
      'timer 150',
      'answer 150',
      'timer after 151',
    ]);
  });

  it('ends as in Node: first the timers that are due, in their order; then what has arrived; then timers that were set in it', async () => {
    time.setTimer(() => time.pause(100), 50);
    time.deliver(note('first answer'), 60);
    time.process.setTimer(note('late timer'), 90);
    time.process.setTimer(() => {
      note('early timer')();
      time.process.setTimer(note('new timer'), 0);
    }, 70);
    time.deliver(note('second answer'), 80);
    time.process.setTimer(note('timer of the end'), 150);
    time.deliver(note('answer of the end'), 150);
    await time.run(1_000);
    expect(seen).toEqual(
      [
        'early timer',
        'late timer',
        'timer of the end',
        'first answer',
        'second answer',
        'answer of the end',
        'new timer',
      ].map((each) => `${each} 150`),
    );
  });

  it('lets promises continue between what was held up', async () => {
    time = new VirtualTime(() => new Promise((resolve) => void setImmediate(resolve)));
    time.setTimer(() => time.pause(100), 50);
    for (const name of ['a', 'b']) {
      time.process.setTimer(() => void Promise.resolve().then(note(`${name} goes on`)), 60);
    }
    time.process.setTimer(note('c'), 70);
    await time.run(1_000);
    expect(seen).toEqual(['a goes on 150', 'b goes on 150', 'c 150']);
  });

  it('lets what was held up be cleared, at once and by what comes before it', async () => {
    time.setTimer(() => time.pause(100), 50);
    const held = time.process.setTimer(note('cleared meanwhile'), 60);
    const later = time.process.setTimer(note('cleared by another'), 80);
    time.process.setTimer(() => time.process.clearTimer(later), 70);
    time.setTimer(() => time.process.clearTimer(held), 100);
    time.process.setTimer(note('kept'), 90);
    await time.run(1_000);
    expect(seen).toEqual(['kept 150']);
  });

  it('ends with the last of those that overlap', async () => {
    time.setTimer(() => time.pause(100), 50);
    time.setTimer(() => time.pause(100), 100);
    time.setTimer(() => time.pause(20), 110);
    time.process.setTimer(note('timer'), 60);
    time.setTimer(() => seen.push(`paused ${time.paused}`), 160);
    await time.run(1_000);
    expect(seen).toEqual(['paused true', 'timer 200']);
    expect(time.paused).toBe(false);
  });
});

describe('a scenario with pauses', () => {
  const scenario = (pause: object): Scenario => ({
    name: 'paused',
    clients: 2,
    load: 0.3,
    network: 1,
    arrivals: '10s',
    triggers: [{ kind: 'pause', at: '3s', ...pause }],
  });

  /** When timers of 10 ms fire, and when calls begin and are answered. */
  function watched(): { arm: Arm; ticks: number[]; begun: number[]; answered: number[] } {
    const ticks: number[] = [];
    const begun: number[] = [];
    const answered: number[] = [];
    const arm: Arm = ({ clock, client }) => {
      const tick = (): void => {
        ticks.push(clock.now());
        setTimeout(tick, 10);
      };
      if (client === 0) tick();
      return {
        execute: async (operation, { signal }) => {
          begun.push(clock.now());
          await operation({ signal });
          answered.push(Date.now() - Date.UTC(2026, 0, 1));
        },
      };
    };
    return { arm, ticks, begun, answered };
  }

  const within = (times: readonly number[], from: number, to: number): number =>
    times.filter((at) => at > from && at < to).length;

  it('S10: nothing of an arm runs in them, whatever clock it reads; servers go on', async () => {
    const { arm, ticks, begun, answered } = watched();
    await simulate({ scenario: scenario({ lasts: '500ms' }), arms: { arm }, seeds: [1] });
    for (const times of [ticks, begun, answered]) {
      expect(within(times, 3_000, 3_500)).toBe(0);
      expect(within(times, 2_500, 3_000)).toBeGreaterThan(5);
    }
    // What came meanwhile comes at its end. No call is lost, and none is answered before the process can hear of it.
    expect(begun.filter((at) => at === 3_500).length).toBeGreaterThan(10);
    expect(answered.length).toBe(begun.length);
  });

  it('S10: come again as often as they say', async () => {
    const { arm, ticks } = watched();
    const { arms: found } = await simulate({
      scenario: scenario({ lasts: '200ms', every: '1s', times: 3 }),
      arms: { arm },
      seeds: [1],
    });
    const gaps = ticks.slice(1).flatMap((at, i) => (at - (ticks[i] as number) > 50 ? [at] : []));
    expect(gaps).toEqual([3_200, 4_200, 5_200]);
    expect(found['arm']?.runs[0]?.triggers).toEqual([
      { kind: 'pause', startMs: 3_000, endMs: 5_200 },
    ]);
  });

  it('S2: the calls, their work and the trouble are the same for all arms', async () => {
    const { arms: found } = await simulate({
      scenario: scenario({ lasts: '300ms' }),
      arms: { none: arms.none, naive: arms.naive },
      seeds: [1],
    });
    const [one, two] = Object.values(found).map(({ runs }) => runs[0]);
    expect(two?.series.calls).toEqual(one?.series.calls);
    for (const run of [one, two]) {
      for (const list of Object.values(run?.series ?? {})) expect(list).toHaveLength(10);
    }
  });

  it('a deadline that passes in them is missed, though the answer lies there', async () => {
    const { arms: found } = await simulate({
      scenario: scenario({ lasts: '2s' }),
      arms: { none: arms.none },
      seeds: [1],
    });
    const { calls = [], goodput = [] } = found['none']?.runs[0]?.series ?? {};
    const missed = calls.reduce((sum, each, i) => sum + each * (1 - (goodput[i] ?? 1)), 0);
    expect(missed).toBeGreaterThan(0.5);
    expect(missed).toBeLessThan(20);
  });
});
