import { beforeEach, describe, expect, it } from 'vitest';
import { Chance } from '../../src/simulator/chance.js';
import {
  type Arm,
  arms,
  resolveScenario,
  type Scenario,
  simulate,
} from '../../src/simulator/index.js';
import { Upstream } from '../../src/simulator/upstream.js';
import { VirtualTime } from '../../src/simulator/virtual-time.js';

let time: VirtualTime;
let answers: string[];

beforeEach(() => {
  time = new VirtualTime(async () => {});
  answers = [];
});

/** One worker at one server 1 ms away; each request is exactly 10 ms of work. */
function upstreamOf(knowsDeadlines: boolean): Upstream {
  const scenario = resolveScenario({
    name: 'by hand',
    workers: 1,
    service: { mean: 10, spread: 'constant' },
    knowsDeadlines,
  });
  return new Upstream(time, scenario, [], new Chance(1, 0));
}

function sendTo(upstream: Upstream, name: string, deadlineMs?: number): void {
  upstream.send({
    missing: false,
    deadlineMs,
    gone: false,
    answer: (error) => answers.push(`${name} ${time.now()} ${error?.message ?? 'ok'}`),
  });
}

describe('S9: a server that knows deadlines', () => {
  it('does not begin with what has passed its own, and goes on with the next', async () => {
    const upstream = upstreamOf(true);
    sendTo(upstream, 'a', 5);
    sendTo(upstream, 'b', 9);
    sendTo(upstream, 'c', 12);
    sendTo(upstream, 'd', 15);
    sendTo(upstream, 'e');
    await time.run(100);
    // Once begun, work goes on.
    expect(answers).toEqual(['a 12 ok', 'b 12 504', 'c 22 ok', 'd 22 504', 'e 32 ok']);
    expect(upstream.counts).toMatchObject({ requests: 5, workedMs: 30, expired: 2 });
  });

  it('drops what comes with nothing left, though a worker is free', async () => {
    const upstream = upstreamOf(true);
    sendTo(upstream, 'none left', 0);
    sendTo(upstream, 'less than none', -50);
    await time.run(100);
    expect(answers).toEqual(['none left 2 504', 'less than none 2 504']);
    expect(upstream.counts).toMatchObject({ workedMs: 0, expired: 2 });
  });

  it('is one that the scenario says: others work on all', async () => {
    const upstream = upstreamOf(false);
    for (const name of ['a', 'b']) sendTo(upstream, name, 1);
    await time.run(100);
    expect(answers).toEqual(['a 12 ok', 'b 22 ok']);
    expect(upstream.counts.expired).toBe(0);
  });
});

describe('a scenario in which servers know deadlines', () => {
  const scenario: Scenario = {
    name: 'known',
    clients: 10,
    arrivals: '20s',
    knowsDeadlines: true,
    triggers: [{ kind: 'slowdown', at: '6s', lasts: '3s' }],
  };
  const sends: Arm = ({ deadline }) => ({
    execute: (operation, { signal }) => operation({ signal, deadlineMs: deadline }),
  });

  it('S9: they waste less work on who is gone, of calls that say how long they wait', async () => {
    const { arms: found } = await simulate({
      scenario,
      arms: { none: arms.none, sends },
      seeds: [1],
    });
    const { none, sends: sent } = found;
    expect(none?.summary.expired).toBe(0);
    expect(sent?.summary.expired).toBeGreaterThan(0.02);
    expect(sent?.summary.wasted).toBeLessThan(Number(none?.summary.wasted) / 2);
    expect(sent?.summary.after).toBeGreaterThan(Number(none?.summary.after));
  });

  it('an arm that says no number ends the simulation', async () => {
    const wrong: Arm = () => ({
      execute: (operation, { signal }) => operation({ signal, deadlineMs: Number.NaN }),
    });
    await expect(simulate({ scenario, arms: { wrong }, seeds: [1] })).rejects.toMatchObject({
      path: 'operation.deadlineMs',
    });
  });
});
