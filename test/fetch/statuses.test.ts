import { expect, it } from 'vitest';
import {
  asksToWait,
  FAILURE_STATUSES,
  isFailureStatus,
  saysOverload,
} from '../../src/fetch/verdict/statuses.js';

const ALL = Array.from({ length: 900 }, (_, i) => 100 + i);

it('X2: 408, 425, 429, and 500 to 599 but 501 and 505 are failures, and no other status is', () => {
  const failures = ALL.filter(isFailureStatus);
  const answers = ALL.filter((status) => !isFailureStatus(status));
  expect(failures.filter((status) => status < 500)).toEqual([408, 425, 429]);
  expect(answers.filter((status) => status >= 500 && status < 600)).toEqual([501, 505]);
  expect(failures.filter((status) => status >= 600)).toEqual([]);
  expect([...FAILURE_STATUSES]).toEqual(failures);
});

it('what asks to wait is a sign of overload, and so are the timeouts of gateways', () => {
  expect(ALL.filter(asksToWait)).toEqual([429, 503, 529]);
  expect(ALL.filter(saysOverload)).toEqual([429, 503, 504, 524, 529, 598]);
});
