import { describe } from '../config/describe.js';
import { nearest } from '../config/nearest.js';
import { refusalsOf } from '../pipeline/contract/refusals.js';
import type { Pipeline } from '../pipeline/pipeline.js';
import { measured } from '../telemetry/sources.js';
import type { Member } from './member.js';

/** What is wrong with a required dependency, and the remedy. `undefined` if nothing is. */
export function faultOf(name: string, members: ReadonlyMap<string, Member>): string | undefined {
  const member = members.get(name);
  if (member === undefined) {
    const meant = typeof name === 'string' ? nearest(name, [...members.keys()]) : undefined;
    const hint = meant === undefined ? '' : `did you mean ${describe(meant)}? `;
    return `is no member: ${hint}make it before, with registry: true, and do not dispose() it`;
  }
  if (member.template.closing !== undefined) {
    return 'is draining, and takes no calls: require it before drain()';
  }
  const { perKey, template } = member;
  const faults = [...(perKey ? member.pipelines() : [template])].map(breakerFault);
  return faults.find((fault) => fault !== undefined);
}

function breakerFault(pipeline: Pipeline<unknown>): string | undefined {
  const now = pipeline.time.now();
  let fault: string | undefined =
    'has no circuit breaker: add circuitBreaker() to its policies, or standard()';
  for (const [i, { policy, gate }] of pipeline.seen.entries()) {
    // What cockatiel's policies do inside cannot be seen.
    if (policy.type === 'cockatiel') fault = undefined;
    const state = measured(() => pipeline.measureIn(i, now))?.state;
    if (state === undefined) continue;
    if (state === 'isolated') return 'has a circuit breaker that is isolated: release() it';
    if (refusalsOf(gate)?.enforced !== false) fault = undefined;
    else fault &&= 'has a circuit breaker that refuses nothing: remove dryRun';
  }
  return fault;
}
