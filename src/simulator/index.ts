/** 'holdfast/simulator': how a set-up behaves under overload, in virtual time. */
export type { Arm, ArmSetup, Caller, RunContext } from './arm.js';
export type { Measures } from './measures.js';
export { measure } from './measures.js';
export type { Run } from './run.js';
export { run } from './run.js';
export type { ResolvedScenario, Scenario } from './scenario.js';
export { resolveScenario } from './scenario.js';
export { scenarios } from './scenarios.js';
