export type { ChaosPolicy, ChaosRun, ChaosSnapshot } from './chaos.js';
export { chaos } from './chaos.js';
export { isInjected } from './injected.js';
export type {
  ChaosBehavior,
  ChaosFaults,
  ChaosLatency,
  ChaosOptions,
  ChaosResults,
  ChaosStartOptions,
  SeededRandom,
} from './options.js';
