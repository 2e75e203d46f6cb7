import * as holdfast from 'holdfast';
import { vi } from 'vitest';
import { fakes } from '../promises.cjs';

const usual = {
  'useFakeTimers()': undefined,
  'timers and Date': { toFake: ['setTimeout', 'clearTimeout', 'Date'] },
  'setTimeout and Date': { toFake: ['setTimeout', 'Date'] },
  'time advances by itself, too': { shouldAdvanceTime: true },
};

for (const [name, options] of Object.entries(usual)) {
  fakes(holdfast, {
    name,
    install: () => vi.useFakeTimers(options),
    advance: (ms) => vi.advanceTimersByTimeAsync(ms),
    restore: () => vi.useRealTimers(),
    exact: options?.shouldAdvanceTime !== true,
    describe,
    it,
    expect,
  });
}
