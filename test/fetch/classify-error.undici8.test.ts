import { describe } from 'vitest';
import { nodeIsAtLeast } from './support/node-version.js';
import type { UndiciLike } from './support/undici-scenarios.js';
import { describeUndici } from './support/undici-scenarios.js';

// It does not even load on older ones.
const loads = nodeIsAtLeast(22, 19);
const undici8 = (loads ? await import('undici8') : {}) as UndiciLike;

describe.skipIf(!loads)('on Node 22.19 and later', () => {
  describeUndici('undici 8', undici8);
});
