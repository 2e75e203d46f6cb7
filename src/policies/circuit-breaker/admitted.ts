import type { Circuit } from './circuit.js';
import type { Probe } from './probes.js';

/** How a call was admitted, if a stamp does not say enough. */
export class Admitted {
  readonly startedAt: number;
  readonly stamp: number;
  readonly probe: Probe | undefined;

  constructor(startedAt: number, stamp: number, probe: Probe | undefined) {
    this.startedAt = startedAt;
    this.stamp = stamp;
    this.probe = probe;
  }
}

/** The stamp of a call that a dry run let in although it would have refused it. Its outcome says nothing new. */
export const UNCOUNTED = -1;

/**
 * The stamp at which a call is admitted that has called its operation so often. A retry of a call that has failed before is no step of a run:
 * for it, all steps come later.
 */
export function stampOf(attempts: number, circuit: Circuit): number {
  return attempts === 0 ? circuit.stamp : circuit.generation;
}
