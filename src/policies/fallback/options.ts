import { hintFrom } from '../../config/foreign-names.js';
import { once } from '../../config/once.js';
import { parseOptions } from '../../config/validate.js';
import * as z from '../../config/zod.js';
import type { Handle } from '../filter.js';
import { handleSchema } from '../filter.js';
import { fallbackNames } from '../foreign-names.js';
import type { Named } from '../named.js';
import { namedShape } from '../named.js';

/** Options of {@link fallback}. */
export interface FallbackOptions extends Named {
  /** Which outcomes are replaced. Default: every error, rejections included. The caller's abort is never replaced. */
  readonly handle?: Handle | undefined;
}

/** The schema of {@link FallbackOptions}. */
export const fallbackSchema = /* @__PURE__ */ once(() =>
  z.options({ handle: handleSchema(), ...namedShape() }, {}),
);

/** Options with everything filled in. */
export type ResolvedFallback = z.output<ReturnType<typeof fallbackSchema>>;

/** @throws ConfigError */
export function resolveFallback(options: FallbackOptions | undefined): ResolvedFallback {
  return options === undefined
    ? {}
    : parseOptions(fallbackSchema, options, 'fallback', hintFrom(fallbackNames));
}
