import { ConfigError } from '../errors.js';
import type { JoinOptions } from '../pipeline/options/joining.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import type { Member } from './member.js';
import type { Roster } from './roster.js';
import { defaultRoster } from './roster.js';

/**
 * The roster of the registry that these options name.
 *
 * @param path What the options are of, for errors.
 * @param instead The template that leaves its place to what will join.
 * @throws ConfigError when the name is taken, or when something is critical to no registry.
 */
export function rosterFor(
  { registry, critical }: JoinOptions,
  path: string,
  name: string,
  instead?: Pipeline<unknown>,
): Roster | undefined {
  if (registry === undefined) {
    if (critical)
      throw wrong(path, 'critical', critical, 'needs a registry, such as registry: true');
    return undefined;
  }
  const roster =
    registry === true ? defaultRoster() : (registry as unknown as { roster: Roster }).roster;
  const known = roster.members.get(name);
  if (known !== undefined && known.of !== instead) {
    const told = `"${name}" is in the registry already, as ${known.kind}: choose another name, or dispose() that one first`;
    throw wrong(path, 'name', name, told);
  }
  return roster;
}

function wrong(policy: string, option: string, value: unknown, told: string): ConfigError {
  const path = `${policy}.${option}`;
  return new ConfigError(`${path}: ${told}`, { path, value, policy });
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
  template.leave?.();
  const { members, watchers } = roster;
  const { name } = template;
  const member: Member = { ...joining, name, critical, template };
  members.set(name, member);
  for (const watcher of watchers) watcher(member, true);
  template.leave = () => {
    template.leave = undefined;
    members.delete(name);
    for (const watcher of watchers) watcher(member, false);
  };
}
