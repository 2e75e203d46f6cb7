import * as undici from 'undici';
import type { UndiciLike } from './support/undici-scenarios.js';
import { describeUndici } from './support/undici-scenarios.js';

const undici7 = undici as unknown as UndiciLike;

describeUndici('undici 7', undici7);

// An npm Agent given to the global fetch: the errors are then a mixture of both.
describeUndici('undici 7 under the global fetch', {
  Agent: undici7.Agent,
  ProxyAgent: undici7.ProxyAgent,
  fetch: (url, init) => fetch(url, init as RequestInit),
  request: (url, options) => undici7.request(url, options),
});
