import { trace } from '@opentelemetry/api';
import type { Drive, Driver } from 'holdfast';
import {
  adaptiveLimiter,
  bulkhead,
  ConstantBackoff,
  circuitBreaker,
  fallback,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';

const hedged: Driver = {
  role: 'driver',
  type: 'hedge',
  drive: async (drive: Drive) => {
    const first = drive.next();
    await drive.next({ kind: 'hedge' });
    return first;
  },
};

/** Makes pipelines do everything that telemetry tells of, inside a span. Answers the pipelines: they must be kept. */
export async function everything(name: string): Promise<unknown> {
  const fails = () => Promise.reject(new TypeError('down'));
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
  const failing = pipeline(
    name,
    fallback('none'),
    rateLimiter({ limit: 1_000 }),
    retry({ maxRetries: 2, backoff: new ConstantBackoff(1) }),
    circuitBreaker({
      failureRate: 0.5,
      minimumCalls: 6,
      failingFor: 0,
      slowCallDuration: '1s',
      slowCallRate: 0.9,
    }),
    timeout(20),
    bulkhead({ maxConcurrent: 1, maxQueued: 1 }),
    adaptiveLimiter(),
  );
  const strict = pipeline(name, retry({ maxRetries: 0 }), circuitBreaker(), throttle());
  const hedging = pipeline(name, hedged);
  await trace.getTracer('test').startActiveSpan('request', async (span) => {
    await failing.execute(() => 1);
    const low = { priority: 'low' } as const;
    await Promise.all([
      failing.execute(turn),
      failing.execute(turn, low),
      failing.execute(turn, low),
    ]);
    await failing.execute(() => new Promise(() => {}));
    await failing.execute(fails);
    await failing.execute(fails);
    await strict.settle(fails);
    await hedging.execute(() => 1);
    span.end();
  });
  return [failing, strict, hedging];
}
