import { jest } from '@jest/globals';
import * as holdfast from 'holdfast';
import { fakes } from '../promises.cjs';

const advance = (ms) => jest.advanceTimersByTimeAsync(ms);
const restore = () => jest.useRealTimers();

const usual = {
  'useFakeTimers()': {},
  'performance is not faked': { doNotFake: ['performance'] },
  'Date is not faked': { doNotFake: ['Date', 'performance', 'hrtime'] },
  'a date is set': { now: new Date('2024-06-01T12:00:00Z') },
  'time advances by itself, too': { advanceTimers: true },
};

for (const [name, options] of Object.entries(usual)) {
  const install = () => jest.useFakeTimers(options);
  const exact = options.advanceTimers !== true;
  fakes(holdfast, { name, install, advance, restore, exact, describe, it, expect });
}

fakes(holdfast, {
  name: 'below a spy',
  install: () => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    jest.spyOn(globalThis, 'setTimeout');
  },
  advance,
  restore: () => {
    jest.restoreAllMocks();
    restore();
  },
  exact: true,
  describe,
  it,
  expect,
});
