import type { Drained, DrainOptions } from '../../pipeline/lifecycle/drain.js';
import { resolveDrain } from '../../pipeline/lifecycle/drain.js';
import type { Pipeline } from '../../pipeline/pipeline.js';
import type { Keyed } from '../../registry/keyed.js';
import { leftByKey, sumOf } from '../../registry/left.js';
import type { Duration } from '../../time/duration.js';

/** What a client's drain left of one key. */
export interface BodiesDrained extends Drained {
  /** Responses whose bodies were neither read to their end nor cancelled. */
  readonly bodies: number;
}

/** What a client's drain left. */
export interface ClientDrained extends BodiesDrained {
  /** The same for each key of which something was left. */
  readonly byKey: Readonly<Record<string, BodiesDrained>>;
}

/** Drains the pipelines of a client. */
export async function drainClient(
  byKey: Keyed<unknown>,
  options: Duration | DrainOptions | undefined,
): Promise<ClientDrained> {
  const { timeout } = resolveDrain(options);
  const pipelines = await byKey.closeWithin(timeout);
  return { ...leftOf(pipelines), byKey: leftByKey(pipelines, leftOf) };
}

function leftOf(pipelines: readonly Pipeline<unknown>[]): BodiesDrained {
  const inFlight = sumOf(pipelines, (each) => each.inFlight);
  // A call occupies its pipeline until its body has ended.
  return { inFlight, bodies: sumOf(pipelines, (each) => each.occupied) - inFlight };
}
