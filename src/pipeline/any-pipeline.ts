import { markOf } from '../copies.js';
import type { Pipeline } from './pipeline.js';

/** Whether it is a pipeline, also one of another copy that does not fit: `refuseMisfit` says so. */
export function isAnyPipeline(value: unknown): value is Pipeline<unknown> {
  return markOf(value)?.kind === 'pipeline';
}
