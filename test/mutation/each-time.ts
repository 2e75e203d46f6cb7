/** In place of `once` in mutation runs: a value made once would keep the change that was in force when it was made, and show no other. */
export function once<T>(make: () => T): () => T {
  return make;
}
