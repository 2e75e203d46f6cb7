// @ts-check
import { strict as assert } from 'node:assert';
import got from 'got';
import { resilientFetch } from 'holdfast/fetch';
import { resilience, resilientRequest } from 'holdfast/undici';
import ky from 'ky';
import { Agent, RetryAgent, request, fetch as undiciFetch } from 'undici';
import { ANSWER_TEXT, upstreamOrigin } from '../harness/upstream.js';
import { CALLS, crowd, IN_FLIGHT } from './crowd.js';

/** @typedef {import('../types.d.ts').Arm} Arm */
/** @typedef {(url: string) => Promise<string>} Get */

/**
 * @param {string} id
 * @param {string} label
 * @param {import('../types.d.ts').Library} library
 * @param {string} group
 * @param {() => Get} make
 * @param {{ retries: boolean }} does
 * @returns {Arm}
 */
const arm = (id, label, library, group, make, { retries }) => ({
  id,
  label,
  library,
  group,
  policies: [],
  callsEach: CALLS,
  create: (_operation, { requests }) => crowd(make(), requests),
  async check() {
    const get = make();
    const origin = await upstreamOrigin();
    assert.equal(await get(`${origin}/stock/42`), ANSWER_TEXT);
    if (retries) assert.equal(await get(`${origin}/fails/1`), ANSWER_TEXT);
    const call = await crowd(get, IN_FLIGHT);
    await call();
  },
});

/** @param {{ text(): Promise<string> }} response */
const text = (response) => response.text();

const dispatcher = () => new Agent({ connections: IN_FLIGHT });
const noRetries = { retries: false };
const retries = { retries: true };

/**
 * @param {string} id
 * @param {string} group
 */
const plainRequest = (id, group) =>
  arm(
    id,
    'undici.request',
    'bare',
    group,
    () => {
      const agent = dispatcher();
      return async (url) => text((await request(url, { dispatcher: agent })).body);
    },
    noRetries,
  );

/**
 * @param {string} id
 * @param {string} group
 */
const requestWithAgent = (id, group) =>
  arm(
    id,
    'undici.request with RetryAgent',
    'undici',
    group,
    () => {
      const agent = new RetryAgent(dispatcher());
      return async (url) => text((await request(url, { dispatcher: agent })).body);
    },
    retries,
  );

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P10',
  kind: 'time',
  show: 'total',
  title: 'fetch over loopback',
  about:
    'GET of a small answer over keep-alive, 50 requests in flight, the server in a process of its own; bodies are read. ' +
    'holdfast runs its standard policies, telemetry included; ky and got retry and time out as they come; undici has its RetryAgent. ' +
    'fetch itself needs more than half of its time for a signal and its streams; `undici.request` shows what remains without them.',
  groups: [
    { id: 'fetch', title: 'the global fetch', bare: 'bare' },
    { id: 'undici-fetch', title: "undici's fetch", bare: 'bare-undici-fetch' },
    { id: 'request', title: '`undici.request`', bare: 'bare-request' },
    { id: 'interceptor', title: '`undici.request`, an interceptor', bare: 'bare-interceptor' },
  ],
  arms: [
    arm('bare', 'fetch', 'bare', 'fetch', () => async (url) => text(await fetch(url)), noRetries),
    arm(
      'bare-signal',
      'fetch with a signal',
      'bare',
      'fetch',
      () => async (url) => text(await fetch(url, { signal: new AbortController().signal })),
      noRetries,
    ),
    arm(
      'holdfast',
      'holdfast',
      'holdfast',
      'fetch',
      () => {
        const send = resilientFetch();
        return async (url) => text(await send(url));
      },
      retries,
    ),
    arm('ky', 'ky', 'ky', 'fetch', () => async (url) => text(await ky.get(url)), retries),
    arm('got', 'got', 'got', 'fetch', () => async (url) => (await got(url)).body, retries),
    arm(
      'bare-undici-fetch',
      'fetch',
      'bare',
      'undici-fetch',
      () => {
        const agent = dispatcher();
        return async (url) => text(await undiciFetch(url, { dispatcher: agent }));
      },
      noRetries,
    ),
    arm(
      'holdfast-undici-fetch',
      'holdfast',
      'holdfast',
      'undici-fetch',
      () => {
        const agent = dispatcher();
        const send = resilientFetch({ fetch: undiciFetch });
        return async (url) => text(await send(url, { dispatcher: agent }));
      },
      retries,
    ),
    arm(
      'retry-agent',
      'fetch with RetryAgent',
      'undici',
      'undici-fetch',
      () => {
        const agent = new RetryAgent(dispatcher());
        return async (url) => text(await undiciFetch(url, { dispatcher: agent }));
      },
      retries,
    ),
    plainRequest('bare-request', 'request'),
    arm(
      'holdfast-request',
      'holdfast, resilientRequest',
      'holdfast',
      'request',
      () => {
        const agent = dispatcher();
        const send = resilientRequest();
        return async (url) => text((await send(url, { dispatcher: agent })).body);
      },
      retries,
    ),
    requestWithAgent('retry-agent-request', 'request'),
    plainRequest('bare-interceptor', 'interceptor'),
    arm(
      'holdfast-interceptor',
      'holdfast, resilience()',
      'holdfast',
      'interceptor',
      () => {
        const agent = dispatcher().compose(resilience());
        return async (url) => text((await request(url, { dispatcher: agent })).body);
      },
      retries,
    ),
    requestWithAgent('retry-agent-interceptor', 'interceptor'),
  ],
};
