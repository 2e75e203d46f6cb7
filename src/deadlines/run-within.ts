import { once } from '../config/once.js';
import { parseOptions } from '../config/validate.js';
import * as z from '../config/zod.js';
import { ConfigError } from '../errors.js';
import { builtinModule } from '../host.js';
import type { Priority } from '../pipeline/contract/call-traits.js';
import type { Carrier, Inherited } from '../pipeline/inherited.js';
import { inheritedHere, inheritedMs, seam } from '../pipeline/inherited.js';
import { isPriority, PRIORITY } from '../pipeline/options/call-options.js';
import { clockSchema } from '../pipeline/options/pipeline-options.js';
import type { Clock } from '../time/clock.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { durationSchema } from '../time/duration.js';
import { boundCalls } from './bound-calls.js';
import { assertTime, isTime, timeSchema } from './time-schema.js';

/** What {@link runWithin} passes on to the calls inside. */
export interface Within {
  /** When they have to be over, in the clock's milliseconds, as {@link deadlineFrom} returns it; `Infinity` for no limit. Default: no limit. */
  readonly deadline?: number | undefined;
  /** How long they may take, from now on. The nearer of the two wins. Default: no limit. */
  readonly timeout?: Duration | undefined;
  /** How important they are, unless they say it themselves. Default: as outside. */
  readonly priority?: Priority | undefined;
  /** The clock of `deadline`. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

const DEADLINE =
  "must be a time in the clock's milliseconds, such as deadlineFrom(request) or systemClock.now() + 500, or Infinity for none";

const withinSchema = /* @__PURE__ */ once(() =>
  z.options(
    {
      deadline: timeSchema(),
      timeout: durationSchema(),
      priority: z.custom<Priority>(isPriority, PRIORITY),
      clock: clockSchema(),
    },
    {},
  ),
);

type Given = z.output<ReturnType<typeof withinSchema>>;

/**
 * Runs a function. All pipelines that it calls, however deep and in whatever it starts, give up at this deadline: `execute`, `settle`, `wrap`, fetch,
 * undici, services and gRPC. A call with a time of its own ends at the nearer one. Within another `runWithin` the nearer deadline wins, too.
 *
 * @param within The deadline, or an object with it.
 * @returns what the function returns.
 * @throws ConfigError when an option is wrong, and on a runtime without AsyncLocalStorage; a TypeError when `fn` is no function.
 * @example
 * app.use((request, response, next) => runWithin(deadlineFrom(request), next));
 */
export function runWithin<T>(within: number | Within, fn: () => T): T {
  const {
    deadline = Infinity,
    timeout,
    priority,
    clock = systemClock,
  } = isTime(within, systemClock)
    ? // A time alone needs no schema. Only the message for a wrong one does.
      ({ deadline: within as number } as Given)
    : parseOptions(
        withinSchema,
        typeof within === 'number' ? { deadline: within } : within,
        'runWithin',
      );
  assertTime(deadline, clock, 'runWithin.deadline', DEADLINE);
  const latest = timeout === undefined ? deadline : Math.min(deadline, clock.now() + timeout);
  refuseNoFunction(fn, 'runWithin');
  boundCalls();
  seam.carrier ??= makeCarrier();
  // A request that says nothing: its calls keep the short way.
  if (latest === Infinity && priority === undefined) return fn();
  const outer = inheritedHere();
  const own = { deadline: latest, clock, priority: priority ?? outer?.priority };
  return seam.carrier.run(nearer(own, outer), fn);
}

/**
 * Runs a function whose calls inherit nothing: for work that goes on when the request is over, and for work that several requests wait for.
 *
 * @returns what the function returns.
 * @throws TypeError when `fn` is no function.
 * @example
 * detached(() => void refreshCache());
 */
export function detached<T>(fn: () => T): T {
  refuseNoFunction(fn, 'detached');
  const { carrier } = seam;
  return carrier === undefined ? fn() : carrier.run(undefined, fn);
}

/**
 * How long the code that calls this still has, by the {@link runWithin} around it: milliseconds, never negative; `Infinity` if there is no deadline. For what is no
 * pipeline, such as the timeout of a query.
 */
export function timeLeft(): number {
  return inheritedMs();
}

function nearer(own: Inherited, outer: Inherited | undefined): Inherited {
  if (outer === undefined) return own;
  const left = own.deadline - own.clock.now();
  const leftOutside = outer.deadline - outer.clock.now();
  const { deadline, clock } = left <= leftOutside ? own : outer;
  return { deadline, clock, priority: own.priority };
}

function refuseNoFunction(fn: unknown, what: string): void {
  if (typeof fn !== 'function') throw new TypeError(`${what}: the function to run is missing`);
}

type CarrierClass = new () => Carrier;

/** Only the first call looks for it, so that nothing of it is loaded where nobody uses it. */
function makeCarrier(): Carrier {
  const { AsyncLocalStorage } = (builtinModule('node:async_hooks') ?? globalThis) as {
    readonly AsyncLocalStorage?: CarrierClass;
  };
  if (AsyncLocalStorage !== undefined) return new AsyncLocalStorage();
  const path = 'runWithin';
  throw new ConfigError(
    `${path}: this runtime has no AsyncLocalStorage; give each call its deadline, as in execute(operation, { deadline })`,
    { path, policy: path },
  );
}
