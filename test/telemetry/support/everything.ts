import { trace } from '@opentelemetry/api';
import {
  adaptiveLimiter,
  bulkhead,
  ConstantBackoff,
  chaos,
  circuitBreaker,
  ejection,
  fallback,
  hedge,
  keyed,
  pipeline,
  rateLimiter,
  retry,
  throttle,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

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
  const injected = chaos({ latency: { rate: 1, delay: 0 } });
  const hedging = pipeline(name, hedge({ delay: 1, maxExtraLoad: 1, maxHedges: 2 }), injected);
  injected.start();
  const clock = new VirtualClock();
  const balanced = keyed(pipeline({ name, clock }, ejection()));
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
    // The second hedge is one too many.
    await hedging.execute(
      ({ attempt }) => new Promise((resolve) => setTimeout(resolve, attempt === 1 ? 400 : 200)),
    );
    span.end();
  });
  // Outside the span: its calls would be many.
  for (let i = 0; i < 6; i++) {
    for (const host of ['a', 'b', 'c']) await balanced.execute(host, () => 1);
    await balanced.settle('d', fails);
    await clock.advance(50);
  }
  return [failing, strict, hedging, balanced];
}
