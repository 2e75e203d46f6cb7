const holdfast = require('holdfast');
const { startOver } = require('holdfast/testing');
const { resilientFetch } = require('holdfast/fetch');
const { fakes } = require('../promises.mjs');

fakes(holdfast, {
  name: 'useFakeTimers() in CommonJS',
  install: () => jest.useFakeTimers({ doNotFake: ['performance'] }),
  advance: (ms) => jest.advanceTimersByTimeAsync(ms),
  restore: () => jest.useRealTimers(),
  exact: true,
  describe,
  it,
  expect,
});

fakes(holdfast, {
  name: 'legacy fake timers',
  install: () => jest.useFakeTimers({ legacyFakeTimers: true }),
  advance: async (ms) => {
    for (let i = 0; i < 20; i++) await undefined;
    jest.advanceTimersByTime(ms);
    for (let i = 0; i < 20; i++) await undefined;
  },
  restore: () => jest.useRealTimers(),
  exact: true,
  describe,
  it,
  expect,
});

it('what the package exports can be required', () => {
  expect([typeof startOver, typeof resilientFetch]).toEqual(['function', 'function']);
});
