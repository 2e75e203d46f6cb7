import type { Gate, Outcome, PipelineLayer, Verdict } from 'holdfast';
import { bulkhead, pipeline, rateLimiter, retry, standard, throttle, timeout } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { describe, expect, it, vi } from 'vitest';
import { resolveGrpc } from '../../src/grpc/options.js';
import { grpcPipelines } from '../../src/grpc/pipelines.js';

type Rule = (outcome: Outcome) => Verdict;
type Policies = NonNullable<NonNullable<Parameters<typeof resilientFetch>[0]>['policies']>;

const URL = 'http://stock.test/42';
/** How often a fetch is called until it has a straight path. */
const OFTEN = 10;
const TIMEOUTS = { retry: false, circuitBreaker: false, adaptiveLimiter: false } as const;
const NOTHING = { ...TIMEOUTS, totalTimeout: false, attemptTimeout: false } as const;
const SLOTS = { maxConcurrent: 9 };

const nested = (isFailure: Rule, ...policies: PipelineLayer[]) =>
  pipeline({ name: 'nested', isFailure, telemetry: false }, ...policies);

const answering = (status: number) => (async () => new Response(null, { status })) as typeof fetch;

/** Lists of policies of which none counts or retries, with an `isFailure`. */
const LISTS: [string, (isFailure: Rule) => Policies][] = [
  ['a pipeline of a timeout', (rule) => nested(rule, timeout('1s'))],
  ['a pipeline of a timeout in a list', (rule) => [nested(rule, timeout('1s'))]],
  ['a pipeline of a bulkhead', (rule) => nested(rule, bulkhead(SLOTS))],
  ['a pipeline of a rate limiter', (rule) => nested(rule, rateLimiter({ limit: 99, per: '1s' }))],
  ['a pipeline of a throttle', (rule) => nested(rule, throttle())],
  ['an empty pipeline', (rule) => nested(rule)],
  ['an empty pipeline beside a timeout', (rule) => [timeout('1s'), nested(rule)]],
  ['a pipeline in a pipeline', (rule) => pipeline('outer', timeout('1s'), nested(rule))],
  ['standard() of timeouts', (isFailure) => standard({ ...TIMEOUTS, isFailure })],
  ['standard() of a bulkhead', (isFailure) => standard({ ...NOTHING, bulkhead: SLOTS, isFailure })],
  ['options that leave the timeouts', (isFailure) => ({ ...TIMEOUTS, isFailure })],
  ['options that leave a bulkhead', (isFailure) => ({ ...NOTHING, bulkhead: SLOTS, isFailure })],
  ['a function that returns a pipeline', (rule) => () => nested(rule, timeout('1s'))],
];

/** The rule of such a list was lost in a client: only policies that use a rule kept it. */
describe.each(LISTS)('G15: isFailure of %s', (_what, policiesBy) => {
  it('G15: is what a fetch tells', async () => {
    const told: string[] = [];
    const rule: Rule = ({ kind, ...rest }) =>
      kind === 'success' && (rest as { value: Response }).value.status === 200;
    for (const status of [200, 503]) {
      const client = resilientFetch({ fetch: answering(status), policies: policiesBy(rule) });
      client.on('call', ({ outcome }) => told.push(outcome));
      await client(URL);
    }
    expect(told).toEqual(['failure', 'success']);
  });

  it('G15: hears of each answer to a fetch, good ones too', async () => {
    const rule = vi.fn(() => false);
    const client = resilientFetch({ fetch: answering(200), policies: policiesBy(rule) });
    for (let i = 0; i < OFTEN; i++) await client(URL);
    expect(rule).toHaveBeenCalledTimes(OFTEN);
  });

  it('G15: comes after classify', async () => {
    const rule = vi.fn(() => true);
    const told: string[] = [];
    const classify = () => 'ignore' as const;
    const client = resilientFetch({ fetch: answering(200), classify, policies: policiesBy(rule) });
    client.on('call', ({ outcome }) => told.push(outcome));
    await client(URL);
    expect(told).toEqual(['ignored']);
    expect(rule).not.toHaveBeenCalled();
  });
});

/** Those of a call over gRPC are lists or pipelines, too. */
it.each(LISTS.filter(([what]) => !what.startsWith('a function')))(
  'G15: isFailure of %s is what calls over gRPC tell',
  async (_what, policiesBy) => {
    const rule = vi.fn((): Verdict => 'ignore');
    const policies = policiesBy(rule) as PipelineLayer[];
    const calls = grpcPipelines(resolveGrpc({ policies }, 'grpcInterceptor', 'grpc'));
    const told: string[] = [];
    calls.on('call', ({ outcome }) => told.push(outcome));
    await calls.settle('a', () => Promise.reject(new Error('no')));
    expect(told).toEqual(['ignored']);
    expect(rule).toHaveBeenCalledTimes(1);
  },
);

/** A pipeline lost it, too, where its policies came from a list. */
it.each(LISTS.filter(([what]) => what.includes('pipeline') || what.startsWith('standard')))(
  'G15: isFailure of %s is what a pipeline tells of its calls',
  async (_what, policiesBy) => {
    const policies = policiesBy(() => 'ignore');
    if (typeof policies === 'function') return;
    const calls = pipeline('calls', ...([policies].flat() as PipelineLayer[]));
    const told: string[] = [];
    calls.on('call', ({ outcome }) => told.push(outcome));
    await calls.settle(() => Promise.reject(new Error('no')));
    expect(told).toEqual(['ignored']);
  },
);

/** A gate that asks its call about each outcome. */
function asking() {
  const heard: unknown[] = [];
  const gate = (): Gate => ({
    role: 'gate',
    type: 'asking',
    enter: () => undefined,
    exit: (call, outcome) => heard.push(call.isFailure(outcome)),
    fork: gate,
    startOver: () => {},
  });
  return { heard, gate };
}

it('G15: a policy of one’s own in a client asks the nearest isFailure', async () => {
  const { heard, gate } = asking();
  const client = resilientFetch({
    fetch: answering(200),
    policies: [nested(() => false, retry()), nested(() => 'ignore', gate()), gate()],
  });
  await client(URL);
  expect(heard).toEqual([false, 'ignore']);
});
