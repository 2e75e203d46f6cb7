import { afterEach, describe, expect, it, vi } from 'vitest';
import * as simulator from '../../src/simulator/index.js';
import { short } from './support/short.js';

const scenario: simulator.Scenario = { ...short, arrivals: '12s' };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('where there is no setImmediate, as in browsers', () => {
  it('S1: a simulation gives the same report', async () => {
    const { arms, simulate } = simulator;
    const here = await simulate({ scenario, arms, seeds: [1] });
    vi.stubGlobal('setImmediate', undefined);
    vi.resetModules();
    const there = await import('../../src/simulator/index.js');
    expect(there.simulate).not.toBe(simulate);
    const report = await there.simulate({ scenario, arms: there.arms, seeds: [1] });
    expect(JSON.stringify(report)).toBe(JSON.stringify(here));
  });
});
