/** 'holdfast/simulator': how a set-up behaves under overload, in virtual time. */
export type { Arm, ArmSetup, Caller, CallerOptions, CockatielCaller, RunContext } from './arm.js';
export { arms } from './arms.js';
export type {
  CallCost,
  Scenario,
  ServiceTime,
  Trigger,
  TriggerTiming,
  UpstreamQuota,
} from './document.js';
export { toJson } from './json.js';
export type { ClassMeasures, Measures } from './measures.js';
export { measure } from './measures.js';
export type { Quota, QuotaAnswer } from './quota.js';
export { QuotaError } from './quota.js';
export type { ArmReport, Report, RunReport, TriggerReport } from './report.js';
export type { Run } from './run.js';
export { run } from './run.js';
export type { ResolvedQuota, ResolvedScenario, ResolvedTrigger } from './scenario.js';
export { resolveScenario, scenarioJsonSchema } from './scenario.js';
export type { ScenarioName } from './scenarios.js';
export { scenarios } from './scenarios.js';
export type { SearchOptions, SmallestTrigger, TriggerSize } from './search.js';
export { smallestTrigger } from './search.js';
export type { Series } from './series.js';
export type { SimulateOptions } from './simulate.js';
export { simulate } from './simulate.js';
export { toTable } from './table.js';
export type { Sample, Slice } from './tally.js';
export type { Spell } from './timeline.js';
export { toHtml } from './to-html.js';
export { toSvg } from './to-svg.js';
export type { UpstreamCounts } from './upstream.js';
export { MissingError, UpstreamError } from './upstream.js';
