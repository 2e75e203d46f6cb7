/** Without a runner: by default sinon fakes `nextTick`, with which node:test writes its report. */
import { deepEqual, equal } from 'node:assert/strict';
import * as holdfast from 'holdfast';
import sinon from 'sinon';
import { fakes } from '../promises.cjs';

const tests = [];
const describe = (suite, body) => {
  const it = (title, test) => tests.push([`${suite}: ${title}`, test]);
  body(it);
};
const expect = (value) => ({
  toBe: (right) => equal(value, right),
  toEqual: (right) => deepEqual(value, right),
});

const usual = {
  'useFakeTimers()': {},
  'timers and Date': { toFake: ['setTimeout', 'clearTimeout', 'Date'] },
  'setTimeout alone': { toFake: ['setTimeout'] },
  'time advances by itself, too': { shouldAdvanceTime: true },
};

for (const [name, options] of Object.entries(usual)) {
  let clock;
  let add;
  fakes(holdfast, {
    name,
    install: () => {
      clock = sinon.useFakeTimers(options);
    },
    advance: (ms) => clock.tickAsync(ms),
    restore: () => clock.restore(),
    exact: options.shouldAdvanceTime !== true,
    describe: (suite, body) =>
      describe(suite, (it) => {
        add = it;
        body();
      }),
    it: (title, test) => add(title, test),
    expect,
  });
}

for (const [title, test] of tests) {
  try {
    await test();
    console.log(`ok ${title}`);
  } catch (error) {
    console.log(`not ok ${title}\n${error}`);
    process.exitCode = 1;
  }
}
console.log(`${tests.length} tests`);
