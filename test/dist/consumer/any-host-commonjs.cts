// Compiled with the types of ECMAScript alone: what a host adds to them, DOM or Node, must not be needed.
import { circuitBreaker, pipeline, retry, timeout } from 'holdfast';
import * as cockatiel from 'holdfast/cockatiel';
import { resilientFetch } from 'holdfast/fetch';
import * as simulator from 'holdfast/simulator';
import * as telemetry from 'holdfast/telemetry';
import * as testing from 'holdfast/testing';

export const calls = pipeline('any host', timeout('1s'), retry(), circuitBreaker());
export const answer: Promise<number> = calls.execute(({ signal }) => (signal.aborted ? 1 : 2));
export const status: Promise<number> = resilientFetch()('http://inventory/').then(
  (response) => response.status,
);
export const others = [cockatiel, simulator, telemetry, testing];
