import { trace } from '@opentelemetry/api';
import {
  adaptiveLimiter,
  bulkhead,
  ConstantBackoff,
  circuitBreaker,
  fallback,
  hedge,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';

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
  const hedging = pipeline(name, hedge({ delay: 1, maxExtraLoad: 1, maxHedges: 2 }));
  await trace.getTracer('test').startActiveSpan('request', async (span) => {
    await failing.execute(() => 1);
    await Promise.all([failing.execute(turn), failing.execute(turn), failing.execute(turn)]);
    await failing.execute(() => new Promise(() => {}));
    await failing.execute(fails);
    await failing.execute(fails);
    await strict.settle(fails);
    // The second hedge is one too many.
    await hedging.execute(
      ({ attempt }) => new Promise((resolve) => setTimeout(resolve, attempt === 1 ? 400 : 200)),
    );
    span.end();
  });
  return [failing, strict, hedging];
}
