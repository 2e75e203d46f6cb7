import type { Row } from '../table.js';
import { adaptiveLimiterRow } from './adaptive-limiter.js';
import { bulkheadRow, releasingBulkhead } from './bulkhead.js';
import { chaosOff, chaosOn } from './chaos.js';
import { closedBreaker, halfOpenBreaker } from './circuit-breaker.js';
import { ejectionRow } from './ejection.js';
import { fallbackRow } from './fallback.js';
import { hedgeRow } from './hedge.js';
import { none } from './none.js';
import { ownDriver } from './own-driver.js';
import { holdingGate, ownGate } from './own-gate.js';
import { rateLimiterRow } from './rate-limiter.js';
import { retryRow } from './retry.js';
import { standardRow } from './standard.js';
import { throttleRow } from './throttle.js';
import { shortTimeout, timeoutRow } from './timeout.js';

/** The policies, in the order of the page. */
export const rows: readonly Row[] = [
  none,
  retryRow,
  hedgeRow,
  closedBreaker,
  halfOpenBreaker,
  timeoutRow,
  shortTimeout,
  bulkheadRow,
  releasingBulkhead,
  rateLimiterRow,
  adaptiveLimiterRow,
  throttleRow,
  ejectionRow,
  fallbackRow,
  chaosOff,
  chaosOn,
  ownGate,
  holdingGate,
  ownDriver,
  standardRow,
];
