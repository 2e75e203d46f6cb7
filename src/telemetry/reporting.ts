import { warnOfOtherCopies } from './api-copies.js';
import { keepCounts } from './counts.js';
import { PipelineReporter } from './pipeline-reporter.js';
import type { Reporting } from './reporter.js';

/** Everything that reports what pipelines do. It is loaded when there is somebody to tell. */
export const reporting: Reporting = {
  begin: keepCounts,
  warnOfOtherCopies,
  reporterOf: (observed) => new PipelineReporter(observed),
};
