import {
  BulkheadFullError,
  CircuitIsolatedError,
  CircuitOpenError,
  LimitExceededError,
  RateLimitedError,
  ThrottledError,
} from 'holdfast';
import { expect, it } from 'vitest';
import { CODES } from '../../src/telemetry/known-series.js';

it('The error types of series that begin at 0 are the codes of the errors', () => {
  const classes = [
    CircuitOpenError,
    CircuitIsolatedError,
    BulkheadFullError,
    RateLimitedError,
    LimitExceededError,
    ThrottledError,
  ];
  expect(new Map(classes.map(({ reason, code }) => [reason, code]))).toEqual(CODES);
});
