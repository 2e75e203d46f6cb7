import { CONTRACT, shared } from '../copies.js';
import type { LateBreakers } from './circuit-breaker/late-copies.js';
import type { LateRetries } from './retry/late-copies.js';

/**
 * How policies are copied later than their pipelines. Keyed pipelines bring it along (`bring-late-copies.ts`), so programs without any have nothing of it.
 */
interface LateKinds {
  Breakers?: typeof LateBreakers;
  Retries?: typeof LateRetries;
}

/** One for all copies of this package: the policies of one may be in the keyed pipelines of another. */
export const late: LateKinds = /* @__PURE__ */ shared(`late.${CONTRACT}`, (): LateKinds => ({}));
