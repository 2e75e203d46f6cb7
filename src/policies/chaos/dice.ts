/** Repeatable random numbers: the same seed and key give the same ones, in every process and on every host. */
export class Dice {
  #state: number;

  /** @param purpose What the numbers are for. Each purpose has a stream of its own, so that none shifts another one. */
  constructor(seed: number, key: string, purpose: number) {
    let bits = mixed((seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1));
    for (let i = 0; i < key.length; i++) bits = mixed(bits ^ key.charCodeAt(i));
    this.#state = mixed(bits ^ Math.imul(purpose + 1, 0x85ebca6b));
  }

  /** The next number: 0 <= number < 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return (mixed(this.#state) >>> 0) / 2 ** 32;
  }
}

/** Spreads each bit over all of them. */
function mixed(bits: number): number {
  let hash = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) | 0;
}
