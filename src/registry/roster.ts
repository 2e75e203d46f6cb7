import { CONTRACT, shared } from '../copies.js';
import type { Member } from './member.js';

/** Told of each member that joins, and of each that leaves. */
export type Watcher = (member: Member, joins: boolean) => void;

/**
 * What is known of the members of a registry. Who joins needs this alone, so that programs without a registry have nothing of it. The first registry
 * that has this roster sets what is not there: until then nobody can ask.
 */
export interface Roster {
  /** By name. They stay until they leave. */
  readonly members: Map<string, Member>;
  /**
   * Refuses a name that another member has, other than what leaves it its place.
   *
   * @throws ConfigError
   */
  admit?: (name: string, policy: string, instead: unknown) => void;
  /** Tells all watchers. */
  tell?: Watcher;
  watchers?: Set<Watcher>;
}

export function newRoster(): Roster {
  return { members: new Map() };
}

/** The roster of the default registry: one for all copies of this package. */
export function defaultRoster(): Roster {
  return shared(`roster.${CONTRACT}`, newRoster);
}
