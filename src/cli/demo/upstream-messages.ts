import type { UpstreamBehaviour } from '../../testing/upstream-behaviour.js';
import type { UpstreamStats } from '../../testing/upstream-counts.js';

/** To the upstream's process: how to behave from now on, if it is to change. */
export interface Order {
  readonly behave?: UpstreamBehaviour;
}

/**
 * From the upstream's process: first where it listens, then for each order what it had counted when it came, and now and then
 * how long its queue is.
 */
export type Reply =
  | { readonly url: string }
  | { readonly stats: UpstreamStats }
  | { readonly queued: number };
