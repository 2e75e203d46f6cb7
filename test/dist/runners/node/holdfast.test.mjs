import { deepEqual, equal } from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import * as holdfast from 'holdfast';
import { fakes } from '../promises.cjs';

const expect = (value) => ({
  toBe: (right) => equal(value, right),
  toEqual: (right) => deepEqual(value, right),
});

async function tick(ms) {
  for (let i = 0; i < 20; i++) await undefined;
  mock.timers.tick(ms);
  for (let i = 0; i < 20; i++) await undefined;
}

const usual = {
  'mock.timers.enable()': undefined,
  'setTimeout and Date': { apis: ['setTimeout', 'Date'] },
  'setTimeout alone': { apis: ['setTimeout'] },
  'a date is set': { apis: ['setTimeout', 'Date'], now: new Date('2024-06-01T12:00:00Z') },
};

for (const [name, options] of Object.entries(usual)) {
  const install = () => mock.timers.enable(options);
  const restore = () => mock.timers.reset();
  fakes(holdfast, { name, install, advance: tick, restore, exact: true, describe, it, expect });
}
