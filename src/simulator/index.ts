/** 'holdfast/simulator': how a set-up behaves under overload, in virtual time. */
export type { Arm, ArmSetup, Caller, RunContext } from './arm.js';
export { arms } from './arms.js';
export type { Measures } from './measures.js';
export { measure } from './measures.js';
export type { ArmReport, Report, RunReport, TriggerReport } from './report.js';
export type { Run } from './run.js';
export { run } from './run.js';
export type { ResolvedScenario, Scenario } from './scenario.js';
export { resolveScenario } from './scenario.js';
export type { ScenarioName } from './scenarios.js';
export { scenarios } from './scenarios.js';
export type { Series } from './series.js';
export type { SimulateOptions } from './simulate.js';
export { simulate } from './simulate.js';
export { toTable } from './table.js';
export { MissingError, UpstreamError } from './upstream.js';
