import { once } from '../config/once.js';
import { policyName } from '../config/schemas.js';
import * as z from '../config/zod.js';

/** The option that every policy has. */
export interface Named<Name extends string = string> {
  /** The policy's name in events, errors and telemetry. Default: its type, numbered when there are several. */
  readonly name?: Name | undefined;
}

/** The schema of {@link Named}. */
export const namedShape = /* @__PURE__ */ once(() => ({ name: z.optional(policyName()) }));
