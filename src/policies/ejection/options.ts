import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import {
  above,
  atLeast,
  atMost,
  flag,
  fnOf,
  number,
  off,
  positiveCount,
  wholeNumber,
} from '../../config/schemas.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Duration } from '../../time/duration.js';
import { formatDuration, positiveDurationSchema } from '../../time/duration.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { ejectionNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link ejection}. */
export interface EjectionOptions extends Named {
  /**
   * A host stands out if its success rate is below the mean of all hosts by more than this many standard deviations: above 0, or `false` not to
   * compare rates. It must also be worse by five percentage points, and by more than chance explains. Default 1.9.
   */
  readonly deviations?: number | false | undefined;
  /** How many hosts need `minimumCalls` before rates are compared: a whole number >= 3. Default 5. */
  readonly minimumHosts?: number | undefined;
  /** How many calls to a host have to end within the window before its rate is compared: a whole number >= 1. Default 100. */
  readonly minimumCalls?: number | undefined;
  /** How far back rates look: longer than 0. Default 10 seconds. */
  readonly window?: Duration | undefined;
  /**
   * So many failures of a host in a row, over 200 ms or more, eject it, unless the other hosts fail as well: a whole number >= 2, or `false` not
   * to count runs. Default 5.
   */
  readonly consecutiveFailures?: number | false | undefined;
  /** How long a host is left out the first time, +-20%. Each further time adds as much. Default 30 seconds. */
  readonly ejectFor?: Duration | undefined;
  /** The longest time: not below `ejectFor`. Default 5 minutes, or `ejectFor` if that is longer. */
  readonly maxEjectFor?: Duration | undefined;
  /** The largest share of the hosts that may be left out at once: above 0, at most 1. One may be in any case, but never the last. Default 0.1. */
  readonly maxShare?: number | undefined;
  /**
   * Which outcomes are failures of a host. Default: what the pipeline's `isFailure` says. Without that, errors of the operation and timeouts while
   * it runs. Rejections by policies inside and calls that were given up do not count, on neither side.
   */
  readonly handle?: Handle | undefined;
  /** Leaves nothing out, but counts and reports what it would leave out. Default false. */
  readonly dryRun?: boolean | undefined;
  /** The source of random numbers: 0 <= number < 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The defaults of {@link EjectionOptions}. */
export const ejectionDefaults = {
  deviations: 1.9,
  minimumHosts: 5,
  minimumCalls: 100,
  window: 10_000,
  consecutiveFailures: 5,
  ejectFor: 30_000,
  maxEjectFor: 300_000,
  maxShare: 0.1,
  dryRun: false,
} as const;

/** The defaults that depend on no other option. */
function plainEjection() {
  const { maxEjectFor: _, ...plain } = ejectionDefaults;
  return plain;
}

const DEVIATIONS = 'must be a number above 0, or false';
const HOSTS = 'must be a whole number >= 3';
const RUN = 'must be a whole number >= 2, or false';
const SHARE = 'must be a number above 0 and up to 1';

/** The schema of {@link EjectionOptions}. */
export const ejectionSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      deviations: z.union([number(DEVIATIONS, above(0)), off()], DEVIATIONS),
      minimumHosts: wholeNumber(HOSTS, atLeast(3)),
      minimumCalls: positiveCount(),
      window: positiveDurationSchema(),
      consecutiveFailures: z.union([wholeNumber(RUN, atLeast(2)), off()], RUN),
      ejectFor: positiveDurationSchema(),
      maxEjectFor: positiveDurationSchema(),
      maxShare: number(SHARE, above(0), atMost(1)),
      handle: handleSchema(),
      dryRun: flag(),
      random: fnOf<() => number>(),
      ...namedShape(),
    },
    plainEjection(),
    (payload) => {
      if (payload.issues.length > 0) return;
      const { deviations, consecutiveFailures, ejectFor, maxEjectFor = Infinity } = payload.value;
      const wrong = z.wrongIn(payload);
      if (deviations === false && consecutiveFailures === false) {
        wrong('deviations', 'must not be false where consecutiveFailures is, too');
      }
      if (maxEjectFor < ejectFor) {
        wrong('maxEjectFor', `must not be below ejectFor (${formatDuration(ejectFor)})`);
      }
    },
  ),
);

/** Options with everything filled in. */
export type ResolvedEjection = z.output<ReturnType<typeof ejectionSchema>> & {
  readonly maxEjectFor: number;
};

/** @throws ConfigError */
export function resolveEjection(options: EjectionOptions | undefined): ResolvedEjection {
  if (options === undefined) return { ...ejectionDefaults };
  const given = parseOptions(ejectionSchema, options, 'ejection', hintFrom(ejectionNames));
  const { maxEjectFor = Math.max(given.ejectFor, ejectionDefaults.maxEjectFor) } = given;
  return { ...given, maxEjectFor };
}
