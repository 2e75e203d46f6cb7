import { CircuitOpenError, circuitBreaker, pipeline, retry } from 'holdfast';
import { classifyFetchError, isFetchFailure } from 'holdfast/fetch';
import { resilience } from 'holdfast/undici';
import { Agent, fetch } from 'undici';
import { afterAll, expect, it } from 'vitest';
import { quick } from '../fetch/support/breaker-ways.js';
import { Servers } from '../fetch/support/servers.js';

const servers = new Servers();
const agent = new Agent();
afterAll(async () => {
  await agent.destroy();
  await servers.close();
});

/** A CircuitOpenError was taken for what had opened the breaker: sent again, and counted by the breaker outside. */
it('X9: a refusal inside a dispatcher, which fetch wraps, is no failure for those outside', async () => {
  const url = `http://127.0.0.1:${await servers.dead()}/`;
  const dispatcher = agent.compose(resilience({ policies: { ...quick, retry: false } }));
  const breaker = circuitBreaker({ handle: isFetchFailure, consecutiveFailures: 50 });
  const again = retry({ handle: isFetchFailure, initialDelay: 0, budget: false });
  const calls = pipeline({ name: 'calls' }, again, breaker);
  let sent = 0;
  const call = () =>
    calls.execute(() => {
      sent++;
      return fetch(url, { dispatcher });
    });
  // Three attempts open the breaker inside; the fourth is refused.
  const opened: unknown = await call().catch((error: unknown) => error);
  expect(sent).toBe(4);
  expect(classifyFetchError((opened as Error).cause)).toBeUndefined();
  const error: unknown = await call().catch((thrown: unknown) => thrown);
  expect((error as Error).cause).toBeInstanceOf(CircuitOpenError);
  expect(classifyFetchError(error)).toBeUndefined();
  expect(sent).toBe(5);
  expect(breaker.snapshot().window).toMatchObject({ failures: 3 });
});
