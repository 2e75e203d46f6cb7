import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { pipeline } from 'holdfast';
import { defineService } from 'holdfast/services';
import { expect, it } from 'vitest';

it('N11: the span of a call says which operation it is, from the first call on, and no other span does', async () => {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
  });
  const telemetry = { tracerProvider, spans: 'always' } as const;
  const inner = pipeline({ name: 'inner', telemetry });
  const service = defineService('told', {
    baseUrl: 'http://a.internal',
    registry: false,
    telemetry,
    fetch: (() => inner.execute(() => new Response('{}'))) as never,
    operations: {
      get: { method: 'GET', path: '/orders/:id', as: 'text' },
      raw: { method: 'GET', path: '/raw', as: 'response' },
    },
  });
  await service.get({ params: { id: 'SECRET' } });
  await service.get({ params: { id: 'SECRET' } });
  await (await service.raw()).text();
  await inner.execute(() => 1);
  const told = spans
    .getFinishedSpans()
    .map(({ name, attributes }) => [
      name,
      attributes['holdfast.operation'],
      attributes['url.template'],
    ]);
  expect(told.filter(([name]) => name === 'holdfast told')).toEqual([
    ['holdfast told', 'get', '/orders/{id}'],
    ['holdfast told', 'get', '/orders/{id}'],
    ['holdfast told', 'raw', '/raw'],
  ]);
  expect(told.filter(([name]) => name === 'holdfast inner')).toEqual(
    Array(4).fill(['holdfast inner', undefined, undefined]),
  );
  await tracerProvider.shutdown();
});
