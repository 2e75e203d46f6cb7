import type { EventBody, EventType, Listener, PipelineEvent } from '../contract/events.js';
import { eventTypes } from '../contract/events.js';
import type { PolicyBase } from '../contract/policy.js';
import { noEvent } from '../options/wrong-arguments.js';
import type { Hub } from './hub.js';
import { placed } from './placed.js';

/** A listener, as the hub takes it. */
interface Hearing {
  readonly heard: Listener;
  /** Whether it wants the events of successful calls, too. */
  readonly routine: boolean;
}

/**
 * Reads the arguments of `on`: a listener, or the type of an event and a listener.
 *
 * @throws TypeError when there is no such event, or the listener is no function.
 */
export function hearing(
  typeOrListener: EventType | Listener,
  listener: ((event: never) => void) | undefined,
): Hearing {
  if (typeof (listener ?? typeOrListener) !== 'function') {
    throw new TypeError('pipeline.on: the listener must be a function');
  }
  if (typeof typeOrListener === 'function') return { heard: typeOrListener, routine: true };
  if (!eventTypes.includes(typeOrListener)) throw noEvent(typeOrListener);
  return {
    heard: (event) => (event.type === typeOrListener ? (listener as Listener)(event) : undefined),
    routine: typeOrListener === 'call' || typeOrListener === 'attempt',
  };
}

/** A pipeline whose policies report. */
interface Reporting {
  readonly name: string;
  readonly key: string | undefined;
  readonly hub: Hub;
  readonly observer: { event(event: PipelineEvent): void } | undefined;
  readonly plan: {
    readonly layers: readonly { readonly name: string; readonly policy: PolicyBase }[];
  };
}

/**
 * Reports what happens in policies outside any call, such as a breaker that is tripped by hand, for as long as anybody listens.
 *
 * @param ended Called when that has ended.
 * @returns What ends it.
 */
export function reportPolicies(pipeline: Reporting, ended: () => void): () => void {
  const { hub, plan } = pipeline;
  const ends: (() => void)[] = [];
  const end = (): void => {
    for (const each of ends.splice(0)) each();
    ended();
  };
  ends.push(hub.untilSilent(end));
  for (const { name: policyName, policy } of plan.layers) {
    if (policy.subscribe === undefined) continue;
    const report = (event: EventBody, callId?: number): void => {
      const { name, key } = pipeline;
      const full = placed(event, { pipeline: name, key, policy: policyName, callId });
      hub.emit(full);
      pipeline.observer?.event(full);
    };
    ends.push(policy.subscribe(report));
  }
  return end;
}
