// @ts-check
/**
 * Each library's policies with the numbers of settings.js. The order in which they are put together
 * stands in the arms. They are a file each, so that a process can load one library alone.
 *
 * @module
 */

export { ofCockatiel } from './libraries/cockatiel.js';
export { ofHoldfast } from './libraries/holdfast.js';
export { ofMollitia } from './libraries/mollitia.js';
export { ofOpossum } from './libraries/opossum.js';
