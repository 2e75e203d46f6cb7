/**
 * Changes that no test can notice, each with the reason. `line` is the line of the source in which the change begins, without
 * what surrounds it, and `change` the piece before and after, so that an entry outlives the moving of lines. A run fails on
 * entries that are of no use any more.
 */
export const EQUIVALENT = [];
