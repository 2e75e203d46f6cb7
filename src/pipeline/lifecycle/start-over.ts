import { CONTRACT, shared } from '../../copies.js';
import { ConfigError } from '../../errors.js';
import type { PolicyBase } from '../contract/policy.js';

/** Starting over: functions that reset objects other than policies, shared by all copies of this package. */
const ways = shared(`waysToStartOver.${CONTRACT}`, () => new WeakMap<object, () => void>());

/** Registers how an object starts over: a client, for example, whose pipelines nobody else sees. */
export function startsOver(what: object, way: () => void): void {
  ways.set(what, way);
}

/** How a client starts over. */
export function wayOf(what: object): (() => void) | undefined {
  return ways.get(what);
}

/** @throws ConfigError when one has state, and no way to start over. */
export function startOverAll(policies: readonly PolicyBase[]): void {
  refuseStuck(policies);
  for (const policy of policies) policy.startOver?.();
}

/** @throws ConfigError when one has state, and no way to start over. */
export function refuseStuck(policies: readonly PolicyBase[]): void {
  const stuck = policies.find(
    ({ fork, startOver }) => fork !== undefined && startOver === undefined,
  );
  if (stuck !== undefined) {
    const { type } = stuck;
    throw new ConfigError(
      `startOver: the policy "${stuck.name ?? type}" can fork() and has no startOver(), so it has state that would stay; give it one, or make it anew for each test`,
      { path: 'startOver', policy: type },
    );
  }
}
