import type { EjectionOptions, PipelineEvent } from 'holdfast';
import { ejection, keyed, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

export const DOWN = new Error('down');

/** A keyed pipeline whose calls end as they are told, on a virtual clock. */
export function hostsOf(options: EjectionOptions = {}, count = 8) {
  const clock = new VirtualClock();
  const policy = ejection({ random: () => 0.5, ...options });
  const byHost = keyed(pipeline({ name: 'inventory', clock }, policy), { random: () => 0 });
  const hosts = Array.from({ length: count }, (_, i) => `host-${i}`);
  const events: PipelineEvent[] = [];
  byHost.on((event) => {
    if (event.type === 'ejection' || event.type === 'return') events.push(event);
  });
  const succeed = (host: string) => byHost.settle(host, () => 'fine');
  const fail = (host: string) => byHost.settle(host, () => Promise.reject(DOWN));
  const stateOf = (host: string) => byHost.snapshot()[host]?.policies['ejection'];
  return {
    clock,
    policy,
    byHost,
    hosts,
    events,
    succeed,
    fail,
    stateOf,
    /** So many calls to each of them, within so many milliseconds; the last host fails this share of them. */
    async serve(calls: number, withinMs: number, share = 0, bad = hosts.slice(-1)) {
      for (let i = 0; i < calls; i++) {
        for (const host of hosts) {
          const fails = bad.includes(host) && Math.floor((i + 1) * share) > Math.floor(i * share);
          await (fails ? fail(host) : succeed(host));
        }
        await clock.advance(withinMs / calls);
      }
    },
    /** So many failures of a host in a row, 50 ms apart. The others answer. */
    async failRun(host: string, calls: number) {
      for (let i = 0; i < calls; i++) {
        for (const each of hosts) if (each !== host) await succeed(each);
        await fail(host);
        await clock.advance(50);
      }
    },
    /** The events, as texts. */
    told: () =>
      events.map((event) =>
        event.type === 'ejection'
          ? `${event.key} ${event.reason}${event.enforced ? '' : ' (waived)'}`
          : `${event.key} ${event.type}`,
      ),
  };
}
