// @ts-check
/**
 * What a library that promises the same could not do without, written by hand: for the accounts.
 *
 * @module
 */

export const passOn = (/** @type {unknown} */ value) => value;
export const fail = (/** @type {unknown} */ error) => {
  throw error;
};

/** What a call needs that can end before its operation does: a promise of its own. */
export class Owned {
  /** @type {(value: unknown) => void} */
  resolve = passOn;
  /** @type {(error: unknown) => void} */
  reject = passOn;

  promise() {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
