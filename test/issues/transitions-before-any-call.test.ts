import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { PipelineEvent } from 'holdfast';
import { circuitBreaker, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

/** A pipeline found out at its first call that its transitions are listened to: a breaker isolated before was told to nobody. */
it('holdfast:transition has what is done by hand before the first call', () => {
  const heard: string[] = [];
  const hear = (message: unknown): void => {
    const { pipeline: of, type } = message as PipelineEvent;
    heard.push(`${of} ${type}`);
  };
  subscribe('holdfast:transition', hear);
  const breaker = circuitBreaker();
  const made = pipeline('not-yet-called', breaker);
  breaker.isolate();
  unsubscribe('holdfast:transition', hear);
  expect(heard).toEqual(['not-yet-called transition']);
  made.dispose();
});
