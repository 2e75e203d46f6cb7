/** A promise to be settled by hand. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

export function deferred<T = unknown>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Lets all promise continuations run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const never = (): Promise<never> => new Promise<never>(() => {});
