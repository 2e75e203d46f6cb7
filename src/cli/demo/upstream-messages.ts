import type { UpstreamBehaviour } from '../../testing/upstream-behaviour.js';
import type { UpstreamStats } from '../../testing/upstream-counts.js';

/** A message to the upstream's process. It says how to behave from now on, if that is to change. */
export interface Order {
  readonly behave?: UpstreamBehaviour;
}

/**
 * A message from the upstream's process. The first one says where it listens. Each order is answered with the counts at that
 * moment. The length of the queue comes from time to time.
 */
export type Reply =
  | { readonly url: string }
  | { readonly stats: UpstreamStats }
  | { readonly queued: number };
