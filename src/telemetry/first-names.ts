/** Those of the names in `names.ts` that are needed while there is nobody to tell. */

/** The attribute that says which pipeline it is. */
export const PIPELINE = 'holdfast.pipeline';

/** Where SDKs, too, count what is more than they tell apart. */
export const OVERFLOW = 'otel.metric.overflow';

/** The channels of `node:diagnostics_channel`. */
export const channel = {
  call: 'holdfast:call',
  attempt: 'holdfast:attempt',
  transition: 'holdfast:transition',
} as const;
