// @ts-check
import { upstreamOrigin } from '../harness/upstream.js';

/** How many requests one timed call makes. */
export const CALLS = 300;
export const IN_FLIGHT = 50;

/**
 * Keeps 50 requests in flight until all have been answered.
 * @param {(url: string) => Promise<string>} get
 * @param {number} [requests]
 * @returns {Promise<import('../types.d.ts').Call>}
 */
export async function crowd(get, requests = CALLS) {
  const url = `${await upstreamOrigin()}/stock/42`;
  let left = 0;
  const worker = async () => {
    while (left-- > 0) await get(url);
  };
  return async () => {
    left = requests;
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  };
}
