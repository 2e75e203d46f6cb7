import { CONTRACT, shared } from '../copies.js';
import type { Member } from './member.js';

/** Told of each member that joins, and of each that leaves. */
export type Watcher = (member: Member, joins: boolean) => void;

/**
 * Refuses a name that another member has, other than what leaves it its place.
 *
 * @throws ConfigError
 */
export type Admit = (roster: Roster, name: string, path: string, instead: unknown) => void;

/** What is known of the members of a registry. Who joins needs this alone, so that programs without a registry have nothing of it. */
export interface Roster {
  /** By name. They stay until they leave. */
  readonly members: Map<string, Member>;
  readonly watchers: Set<Watcher>;
  /** Set by the first registry that has this roster. Until then nobody can ask for a name. */
  admit?: Admit;
}

export function newRoster(): Roster {
  return { members: new Map(), watchers: new Set() };
}

/** The roster of the default registry: one for all copies of this package. */
export function defaultRoster(): Roster {
  return shared(`roster.${CONTRACT}`, newRoster);
}
