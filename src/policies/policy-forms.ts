import { once } from '../config/once.js';
import { nested } from '../config/schemas.js';
import * as z from '../config/zod.js';
import { isAnyPipeline } from '../pipeline/any-pipeline.js';
import type { Pipeline, PipelineLayer } from '../pipeline/pipeline.js';
import { standardSchema } from './standard.js';

/** The forms in which a client is given its policies, for messages. */
export const POLICY_FORMS =
  'must be options of the standard policies, a list of policies, or a pipeline';

/** The schemas of these forms. */
export const policyForms = () =>
  [
    z.custom<readonly PipelineLayer[]>((value) => Array.isArray(value)),
    z.custom<Pipeline<unknown>>(isAnyPipeline),
    nested(standardSchema()),
  ] as const;

/** The schema of the policies of a client. */
export const policiesSchema = /* @__PURE__ */ once(() => z.union(policyForms(), POLICY_FORMS));

/** Policies as they were parsed. */
export type ParsedPolicies = z.output<ReturnType<typeof policiesSchema>>;
