import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { deadlineFrom, runWithin, systemClock, timeLeft } from '../../../src/index.js';
import { WAYS } from '../../fixtures/connect/servers.js';
import { line } from '../../fixtures/connect/stock.js';
import { aborted, caught, clientOf, ofType, started } from './stock-client.js';

const patient = { policies: { totalTimeout: false, attemptTimeout: false } } as const;

describe.each(WAYS)('inherited deadlines over connect-es, %s', (way) => {
  it('D6, D8: the server is told what is left, and the client gives up at the deadline', async () => {
    const told: number[] = [];
    let isAborted = false;
    const server = await started(way, {
      async read({ text }, { requestHeader, signal }) {
        const deadline = deadlineFrom(requestHeader);
        told.push(deadline - systemClock.now());
        if (text === 'answer')
          return runWithin(deadline, () => line('left', Math.ceil(timeLeft())));
        await aborted(signal);
        isAborted = true;
        // The client is to end it, not this answer.
        return new Promise<never>(() => {});
      },
    });
    const { client, events } = clientOf(way, server.baseUrl, patient);
    const answer = await runWithin({ timeout: '1m' }, () => client.read({ text: 'answer' }));
    expect(answer.number).toBeLessThanOrEqual(60_000);
    expect(answer.number).toBeGreaterThan(30_000);
    await runWithin({ timeout: '1m' }, () =>
      client.read({ text: 'answer' }, { timeoutMs: 120_000 }),
    );
    expect(told[1]).toBeLessThanOrEqual(60_000);
    const error = await caught(runWithin({ timeout: 150 }, () => client.read({ text: 'hang' })));
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(error.cause).toMatchObject({ code: 'ERR_TIMEOUT', policy: 'inherited_deadline' });
    expect(told[2]).toBeLessThanOrEqual(150);
    while (!isAborted) await new Promise((resolve) => setImmediate(resolve));
    expect(ofType(events, 'timeout')).toMatchObject([{ policy: 'inherited_deadline' }]);
    const late = await caught(runWithin(systemClock.now() - 1, () => client.read({})));
    expect(late.code).toBe(Code.DeadlineExceeded);
    expect(told).toHaveLength(3);
  });

  it('D8: it is for the whole of a stream', async () => {
    const told: (number | undefined)[] = [];
    const server = await started(way, {
      async *watch(_, { signal, timeoutMs }) {
        told.push(timeoutMs());
        yield line('first');
        await aborted(signal);
        await new Promise(() => {});
      },
    });
    const { client, events } = clientOf(way, server.baseUrl, patient);
    const texts: string[] = [];
    const error = await caught(
      runWithin({ timeout: 300 }, async () => {
        for await (const { text } of client.watch({})) texts.push(text);
      }),
    );
    expect(error.code).toBe(Code.DeadlineExceeded);
    expect(texts).toEqual(['first']);
    expect(told[0]).toBeLessThanOrEqual(300);
    // It is no fault of the upstream that its caller waits no longer.
    expect(ofType(events, 'body_failure')).toEqual([]);
  });
});
