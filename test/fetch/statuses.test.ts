import { expect, it } from 'vitest';
import { FAILURE_STATUSES, isFailureStatus } from '../../src/fetch/statuses.js';

it('X2: 408, 429, 500, 502, 503 and 504 are failures, and no other status is', () => {
  const failures = Array.from({ length: 600 }, (_, status) => status).filter(isFailureStatus);
  expect(failures).toEqual([408, 429, 500, 502, 503, 504]);
  expect([...FAILURE_STATUSES]).toEqual(failures);
});
