const holdfast = require('holdfast');
const { startOver } = require('holdfast/testing');
const { fakes } = require('../promises.cjs');

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

it.each(['holdfast', 'testing', 'simulator', 'cockatiel', 'fetch', 'telemetry'])(
  '%s can be required',
  (name) => {
    const path = name === 'holdfast' ? name : `holdfast/${name}`;
    expect(Object.keys(require(path))).not.toEqual([]);
  },
);

it('a file may require what another imports as an ES module would', () => {
  const { CircuitOpenError } = require('holdfast');
  const breaker = holdfast.circuitBreaker({ consecutiveFailures: 1, failingFor: 0 });
  startOver(breaker);
  breaker.trip();
  return expect(holdfast.pipeline('jest', breaker).execute(() => 1)).rejects.toThrow(
    CircuitOpenError,
  );
});
