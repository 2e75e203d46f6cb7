/**
 * Repeatable random numbers without state. Each is computed from the seed, the request it is for and its purpose.
 */

/** A number in [0, 1) for these three, evenly spread over seeds, requests and purposes. */
export function draw(seed: number, request: number, purpose: number): number {
  const mixed = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b);
  return scramble(scramble(mixed) ^ Math.imul(purpose + 1, 0xc2b2ae35)) / 2 ** 32;
}

/** The finalizer of MurmurHash3: every input bit moves every output bit. */
function scramble(bits: number): number {
  let hash = bits | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The standard normal's 99th percentile. */
const Z99 = 2.3263478740408408;

/** A log-normal value with this median and 99th percentile, from two numbers in [0, 1) (Box and Muller, 1958). */
export function logNormal(median: number, p99: number, u: number, v: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
  return median * Math.exp((normal * Math.log(p99 / median)) / Z99);
}
