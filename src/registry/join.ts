import { configError } from '../config/validate.js';
import { refuseMisfit } from '../pipeline/options/incompatible-copy.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Member } from './member.js';
import type { Roster } from './roster.js';
import { defaultRoster } from './roster.js';

/**
 * The roster of the registry that these options name.
 *
 * @param policy What the options are of, for errors.
 * @param instead The template that leaves its place to what will join.
 * @throws ConfigError when the name is taken, or when something is critical to no registry.
 */
export function rosterFor(
  { registry, critical }: JoinOptions,
  policy: string,
  name: string,
  instead?: Pipeline<unknown>,
): Roster | undefined {
  if (registry === undefined) {
    if (!critical) return undefined;
    const message = 'needs registry: true';
    throw configError(policy, [{ path: `${policy}.critical`, message, value: critical }]);
  }
  refuseMisfit(registry, `${policy}.registry`);
  const roster =
    registry === true ? defaultRoster() : (registry as unknown as { roster: Roster }).roster;
  roster.admit?.(name, policy, instead);
  return roster;
}

/**
 * Makes a member, until the pipeline is disposed. A keyed pipeline or a client joins by its template, and takes the template's place.
 *
 * @param roster As {@link rosterFor} answers it: the name must not be taken.
 */
export function join(
  roster: Roster | undefined,
  template: Pipeline<unknown>,
  { critical = false }: JoinOptions,
  joining: Omit<Member, 'name' | 'critical' | 'template'>,
): void {
  if (roster === undefined) return;
  const { name, common } = template;
  common.leave?.();
  const member: Member = { ...joining, name, critical, template };
  const { members } = roster;
  common.leave = () => {
    common.leave = undefined;
    members.delete(name);
    roster.tell?.(member, false);
  };
  members.set(name, member);
  roster.tell?.(member, true);
}
