/** 'holdfast/testing': tools for tests of code that uses holdfast. */
export type { ClientState } from '../fetch/client/client.js';
export type { BodiesDrained, ClientDrained } from '../fetch/client/drain.js';
export { type Restartable, startOver } from './start-over.js';
export {
  type FlakyUpstream,
  type FlakyUpstreamOptions,
  flakyUpstream,
  type ScriptOptions,
} from './upstream.js';
export type {
  Latency,
  ScriptedAnswer,
  ScriptStep,
  UpstreamBehaviour,
  UpstreamCapacity,
  UpstreamFault,
} from './upstream-behaviour.js';
export type { UpstreamOutcome, UpstreamStats } from './upstream-counts.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.js';
