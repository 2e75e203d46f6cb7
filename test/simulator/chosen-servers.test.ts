import { describe, expect, it } from 'vitest';
import { type Arm, arms, type Scenario, simulate } from '../../src/simulator/index.js';

const scenario = {
  name: 'eight',
  clients: 8,
  servers: 8,
  workers: 2,
  service: { mean: '40ms' },
  load: 0.6,
  arrivals: '12s',
  triggers: [{ kind: 'errors', share: 1, servers: 1, at: '4s', lasts: '4s' }],
} as const satisfies Scenario;

const choosing =
  (choose: (call: number, servers: number) => number): Arm =>
  ({ servers, client }) => {
    let calls = client;
    return {
      execute: (operation, { signal }) => operation({ signal, server: choose(calls++, servers) }),
    };
  };

describe('S6: an arm that chooses the server', () => {
  it('reaches that one, and no other', async () => {
    const { arms: found } = await simulate({
      scenario,
      arms: {
        none: arms.none,
        bad: choosing(() => 0),
        good: choosing((call, servers) => 1 + (call % (servers - 1))),
      },
      seeds: [1],
    });
    const during = (name: string): number => found[name]?.summary.during ?? Number.NaN;
    expect(during('none')).toBeGreaterThan(0.8);
    expect(during('none')).toBeLessThan(0.95);
    expect(during('bad')).toBe(0);
    expect(during('good')).toBe(1);
  });

  it('may say nothing for some calls: then the balancer picks', async () => {
    const half: Arm = ({ servers }) => {
      let calls = 0;
      return {
        execute: (operation, { signal }) =>
          calls++ % 2 === 0
            ? operation({ signal })
            : operation({ signal, server: 1 + (calls % (servers - 1)) }),
      };
    };
    const { arms: found } = await simulate({ scenario, arms: { half }, seeds: [1] });
    expect(found['half']?.summary.during).toBeGreaterThan(0.9);
    expect(found['half']?.summary.during).toBeLessThan(1);
  });

  it.each([8, -1, 1.5, Number.NaN, '0'])(
    'S6: ends the simulation if it says %o, which is none of them, even where it catches the error',
    async (server) => {
      const wrong: Arm = () => ({
        execute: (operation, { signal }) =>
          operation({ signal, server: server as number }).catch(() => 'caught'),
      });
      await expect(simulate({ scenario, arms: { wrong }, seeds: [1] })).rejects.toMatchObject({
        name: 'ConfigError',
        path: 'operation.server',
        message: expect.stringContaining('must be a whole number from 0 to 7'),
      });
      // The next one is not held up.
      const short: Scenario = { name: 'x', clients: 1, arrivals: '1s' };
      await simulate({ scenario: short, arms: { none: arms.none }, seeds: [1] });
    },
  );
});
