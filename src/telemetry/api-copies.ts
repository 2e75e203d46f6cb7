import type { TextMapPropagator } from '@opentelemetry/api';
import { diag, metrics, propagation } from '@opentelemetry/api';
import { reportFault } from '../pipeline/reporting/faults.js';
import { hostProcess } from './environment.js';
import type { Registered } from './registered.js';
import { API_KEY, isAnybodyThere, look, NOTHING, REGISTERED } from './registered.js';

let warned = false;
/** What was found to fit. It stays one object for the life of the process. */
let fitting: Registered = NOTHING;

/**
 * Warns, once a process, when OpenTelemetry is registered with a copy of its API that does not get along with holdfast's copy.
 * The API then answers with objects that do nothing, and does not say so.
 */
export function warnOfOtherCopies(): void {
  if (warned) return;
  try {
    const other = misfit();
    if (other === undefined) return;
    warned = true;
    warn(other);
  } catch (error) {
    reportFault('a look at the copies of @opentelemetry/api', error);
  }
}

/** What is registered where holdfast's copy of the API cannot see it, if that copy sees nothing itself. */
function misfit(): Registered | undefined {
  const own = look();
  if (own !== fitting) {
    if (own !== NOTHING && !fits(own.version)) return own;
    fitting = own;
  }
  if (isAnybodyThere(own)) return undefined;
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key === REGISTERED || !API_KEY.test(key.description ?? '')) continue;
    const other = (globalThis as { readonly [key: symbol]: unknown })[key];
    if (typeof other === 'object' && other !== null && isAnybodyThere(other)) return other;
  }
  return undefined;
}

/**
 * Whether holdfast's copy of the API accepts what a copy of that version has registered. The copy itself is asked, because the
 * rule is its own. So the answer is known before anything is registered that it would not see: a first copy that only set a
 * logger keeps a newer SDK from registering.
 */
function fits(version: unknown): boolean {
  const sentinel = {};
  return inPlaceOf({ version, metrics: sentinel }, () => {
    const got: unknown = metrics.getMeterProvider();
    return got === sentinel;
  });
}

/** The version of holdfast's copy of the API. The copy does not export it, but leaves it where it registers first. */
function ownVersion(): unknown {
  return inPlaceOf(undefined, () => {
    const nobody: TextMapPropagator = {
      inject() {},
      extract: (context) => context,
      fields: () => [],
    };
    propagation.setGlobalPropagator(nobody);
    return look().version;
  });
}

/** Runs something while something else is registered. It is synchronous, so nobody else sees that. */
function inPlaceOf<T>(registered: Registered | undefined, run: () => T): T {
  const globals = globalThis as { [REGISTERED]?: Registered | undefined };
  const before = Object.getOwnPropertyDescriptor(globals, REGISTERED);
  globals[REGISTERED] = registered;
  try {
    return run();
  } finally {
    if (before === undefined) delete globals[REGISTERED];
    else Object.defineProperty(globals, REGISTERED, before);
  }
}

function warn(other: Registered): void {
  const message =
    `holdfast: pipelines cannot report to OpenTelemetry. Registered is version ${String(other.version)} of @opentelemetry/api, ` +
    `and holdfast has version ${String(ownVersion())}, which takes neither an older minor version nor another major one. ` +
    '"npm ls @opentelemetry/api" shows who brings which. Have one copy of it: "npm dedupe", or "overrides" in package.json.';
  hostProcess()?.emitWarning?.(message, { code: 'HOLDFAST_OTEL_API' });
  diag.warn(message);
  // The logger of the other copy. Holdfast's own copy does not see it.
  (other.diag as { warn?(message: string): void } | undefined)?.warn?.(message);
}
