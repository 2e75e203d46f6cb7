import { CircuitOpenError } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { VirtualClock } from 'holdfast/testing';
import { resilience, resilientRequest } from 'holdfast/undici';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

/** Of an upstream that sent headers and then reset or stalled, 30 of 30 calls were successes in events and in the breaker's window. */
describe('an upstream that fails in its bodies', () => {
  const servers = new Servers();
  const agent = new Agent();
  let origin = '';
  beforeAll(async () => {
    const port = await servers.http((incoming, response) => {
      response.writeHead(200, { 'content-length': 6 }).write('abc');
      if (incoming.url === '/reset') setTimeout(() => incoming.socket.resetAndDestroy(), 2);
      if (incoming.url === '/short') setTimeout(() => incoming.socket.end(), 2);
    });
    origin = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await agent.destroy();
    await servers.close();
  });

  const kinds = [
    {
      name: 'resilientFetch',
      make: (options: object) => {
        const send = resilientFetch(options);
        return { state: send, read: async (url: string) => (await send(url)).text() };
      },
    },
    {
      name: 'resilientRequest',
      make: (options: object) => {
        const send = resilientRequest(options);
        return {
          state: send,
          read: async (url: string) => (await send(url, { dispatcher: agent })).body.text(),
        };
      },
    },
    {
      name: 'resilience()',
      make: (options: object) => {
        const state = resilience(options);
        const dispatcher = agent.compose(state);
        return {
          state,
          read: async (url: string) => (await request(url, { dispatcher })).body.text(),
        };
      },
    },
  ];

  describe.each(kinds)('$name', ({ make }) => {
    it.each(['/reset', '/short', '/stall'])('X7: %s opens the breaker', async (path) => {
      const clock = new VirtualClock();
      const { state, read } = make({ clock, idleTimeout: 1_000 });
      const failures: unknown[] = [];
      const opened: string[] = [];
      state.on('body_failure', ({ key, error }) => failures.push([key, error]));
      state.on('transition', ({ to, reason }) => opened.push(`${to}: ${reason}`));
      const errors: unknown[] = [];
      for (let i = 0; i < 30 && !(errors.at(-1) instanceof CircuitOpenError); i++) {
        const reading = read(`${origin}${path}`).catch((error: unknown) => errors.push(error));
        while (path === '/stall' && errors.length === i) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          await clock.advance(250);
        }
        await reading;
        await clock.advance(150);
      }
      expect(errors.pop()).toBeInstanceOf(CircuitOpenError);
      // As it does for calls that fail at once.
      expect(errors).toHaveLength(10);
      expect(failures).toEqual(errors.map((error) => [origin, error]));
      expect(opened).toEqual(['open: consecutive_failures']);
    });
  });
});
