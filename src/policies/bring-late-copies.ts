import { LateBreakers } from './circuit-breaker/late-copies.js';
import { late } from './late-copies.js';
import { LateRetries } from './retry/late-copies.js';

/** From now on policies can be copied later than their pipelines. */
export function bringLateCopies(): void {
  late.Breakers ??= LateBreakers;
  late.Retries ??= LateRetries;
}
