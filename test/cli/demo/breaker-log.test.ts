import { expect, it } from 'vitest';
import { BreakerLog } from '../../../src/cli/demo/breaker-log.js';

it('adds up the time in each state', () => {
  const log = new BreakerLog();
  log.add({ atMs: 1_000, to: 'open' });
  log.add({ atMs: 2_000, to: 'half_open' });
  log.add({ atMs: 2_300, to: 'open' });
  log.add({ atMs: 3_300, to: 'half_open' });
  log.add({ atMs: 3_350, to: 'closed' });
  expect(log.timeIn('closed', 0, 5_000)).toBe(1_000 + 1_650);
  expect(log.timeIn('open', 0, 5_000)).toBe(2_000);
  expect(log.timeIn('half_open', 0, 5_000)).toBe(350);
  expect(log.timeIn('open', 1_500, 2_500)).toBe(700);
  expect(log.timeIn('open', 0, 500)).toBe(0);
  expect([log.times('open'), log.times('closed'), log.state]).toEqual([2, 1, 'closed']);
});

it('goes on in the last state until the end asked for', () => {
  const log = new BreakerLog();
  expect([log.state, log.timeIn('closed', 0, 700), log.timeIn('open', 0, 700)]).toEqual([
    'closed',
    700,
    0,
  ]);
  log.add({ atMs: 200, to: 'open' });
  expect(log.timeIn('open', 0, 700)).toBe(500);
  expect(log.timeIn('open', 600, 700)).toBe(100);
});
