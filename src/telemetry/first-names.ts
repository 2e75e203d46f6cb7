/** The names from `names.ts` that are needed while nobody is there to be told. */

/** The attribute that names the pipeline. */
export const PIPELINE = 'holdfast.pipeline';

/** The attribute under which SDKs, too, count the series beyond those that they tell apart. */
export const OVERFLOW = 'otel.metric.overflow';

/** The channels of `node:diagnostics_channel`. */
export const channel = {
  call: 'holdfast:call',
  attempt: 'holdfast:attempt',
  transition: 'holdfast:transition',
} as const;
