import { priorities } from '../pipeline/contract/call-traits.js';
import { formatDuration } from '../time/duration.js';
import type { ResolvedScenario, ResolvedTrigger } from './scenario.js';
import { capacityOf, meanServiceMs } from './scenario.js';

/** Describes a scenario in sentences. */
export function describeScenario(scenario: ResolvedScenario): string[] {
  const { clients, servers, workers, service, load, deadline, errors, unequal } = scenario;
  const rate = Number((load * capacityOf(scenario)).toPrecision(3));
  const mean = formatDuration(meanServiceMs(service));
  return [
    `${many(clients, 'client')}${unequal ? ' of different size' : ''} ${clients === 1 ? 'makes' : 'make'} ${rate} calls a second, ${percentOf(load)} of the capacity; each caller waits for ${formatDuration(deadline)}.`,
    `${many(servers, 'server')} with ${many(workers, 'worker')}${servers === 1 ? '' : ' each'}; a call is ${mean} of work (${service.spread}).`,
    ...(errors > 0 ? [`${percentOf(errors)} of the requests fail at all times.`] : []),
    ...describeCalls(scenario),
    ...scenario.triggers.map((trigger) => describeTrigger(trigger, scenario)),
  ];
}

/** What is so of calls and of what the upstream knows of them. */
function describeCalls({
  priorities: shares,
  cost,
  quota,
  knowsDeadlines,
}: ResolvedScenario): string[] {
  const classes = priorities.flatMap((each) =>
    shares?.[each] === undefined ? [] : [`${percentOf(shares[each])} ${each}`],
  );
  const whose = quota?.shared === false ? 'each client' : 'all clients together';
  return [
    ...(classes.length > 0 ? [`Of the calls, ${classes.join(', ')}.`] : []),
    ...(cost === undefined ? [] : [`A call costs ${cost.mean} on average (${cost.spread}).`]),
    ...(quota === undefined
      ? []
      : [
          `The upstream lets in ${quota.counts === 'calls' ? `${quota.limit} calls` : `calls that cost ${quota.limit}`} in ${formatDuration(quota.per)}, of ${whose}.`,
        ]),
    ...(knowsDeadlines ? ['Servers drop queued requests whose deadline has passed.'] : []),
  ];
}

function describeTrigger(trigger: ResolvedTrigger, { servers }: ResolvedScenario): string {
  const { at, lasts, varies } = trigger;
  const spread = varies > 0 ? `, give or take ${formatDuration(varies)}` : '';
  const how =
    lasts === undefined
      ? 'for good'
      : `for ${formatDuration(lasts)}${trigger.kind === 'restart' || (trigger.kind === 'pause' && trigger.times > 1) ? ' each' : spread}`;
  const where =
    trigger.servers === undefined || trigger.servers === servers
      ? ''
      : ` at ${trigger.servers} of ${servers} servers`;
  return `After ${formatDuration(at)}, ${how}: ${what(trigger)}${where}.`;
}

function what(trigger: ResolvedTrigger): string {
  switch (trigger.kind) {
    case 'slowdown':
      return `work takes ${trigger.factor} times as long`;
    case 'spike':
      return `${trigger.factor} times as many calls come`;
    case 'black_hole':
      return 'requests and answers are swallowed';
    case 'errors':
      return `${percentOf(trigger.share)} of the requests ${trigger.slow ? 'are worked on and then fail' : 'fail at once'}`;
    case 'refused':
      return 'connections are refused';
    case 'delay':
      return `answers come ${formatDuration(trigger.by)} later`;
    case 'missing_ids':
      return `${percentOf(trigger.share)} of the calls ask for what does not exist`;
    case 'restart':
      return 'servers are away, one after the other, and lose what they had';
    case 'pause':
      return `the process of the clients is blocked${trigger.every === undefined ? '' : `, ${trigger.times} times, every ${formatDuration(trigger.every)}`}`;
  }
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function percentOf(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}
