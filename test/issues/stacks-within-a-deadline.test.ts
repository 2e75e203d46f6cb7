import { pipeline, runWithin } from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { resilience } from 'holdfast/undici';
import { Agent, request, fetch as undicisFetch } from 'undici';
import { expect, it } from 'vitest';
import { Servers } from '../fetch/support/servers.js';

/** In a process that has used `runWithin`, a call had one frame of the engine more, for which the caller's fell off the end of a long stack. */
const captureStack = true;

async function stackOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: Error) => reason,
  );
  return `${error?.stack}${(error?.cause as Error | undefined)?.stack}`;
}

/** The frames of a stack in which our own code runs, between the caller and the error. */
const ours = (stack: string): string[] =>
  stack.match(/(?<=\n {4}at )(?!runWithin)\S+(?= .*\/src\/)/g) ?? [];

it('X10: the frames between the caller and the engine stay as few', async () => {
  const url = `http://127.0.0.1:${await new Servers().dead()}/`;
  const policies = { retry: false } as const;
  const agent = new Agent().compose(resilience({ captureStack, policies }));
  const fetch = resilientFetch({ captureStack, policies });
  const calls = pipeline({ name: 'calls', captureStack });
  const fails = async () => {
    await new Promise(setImmediate);
    throw new Error('failed');
  };
  async function callerOfRequest(): Promise<unknown> {
    return await request(url, { dispatcher: agent });
  }
  async function callerOfFetch(): Promise<unknown> {
    return await fetch(url);
  }
  async function callerOfCalls(): Promise<unknown> {
    return await calls.execute(fails, { priority: 'high' });
  }
  // So many frames of undici's are between the caller and the interceptor that there is no room for one of ours more.
  const throughUndicisFetch = () => undicisFetch(url, { dispatcher: agent });
  const callers = [callerOfRequest, callerOfFetch, callerOfCalls, throughUndicisFetch];
  const before: string[] = [];
  for (const caller of callers) before.push(await stackOf(caller()));
  for (const [i, caller] of callers.entries()) {
    const within = await stackOf(runWithin({ timeout: '10s' }, caller));
    expect(ours(within)).toEqual(ours(before[i] as string));
    if (caller !== throughUndicisFetch) expect(within).toContain(caller.name);
  }
  await agent.close();
});
