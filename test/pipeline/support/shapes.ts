import { type Policy, timeout } from 'holdfast';
import { again } from './layers.js';

/** How the engine carries a call: by the promise derived from the operation's, or by a promise of its own. */
export const carriers: [string, () => Policy[]][] = [
  ['carried by its operation', () => []],
  ['with its own promise', () => [timeout('1h')]],
];

/** In which attempt what is tested happens: the operation fails `before` times first. */
export const positions: [string, number, () => Policy[]][] = [
  ['in the first attempt', 0, () => []],
  ['in a retry', 1, () => [again(2)]],
  ['in a retry of a retry', 3, () => [again(2), again(2)]],
];

export const shapes: [string, () => Policy[], number][] = carriers.flatMap(([carrier, outer]) =>
  positions.map(([position, before, drivers]): [string, () => Policy[], number] => [
    `${carrier}, ${position}`,
    () => [...outer(), ...drivers()],
    before,
  ]),
);

class Subclass<T> extends Promise<T> {}

/** Not written as a property, so that no reader takes it for a mistake. */
const THEN = 'then';

const thenable = (
  then: (resolve: (v: unknown) => void, reject: (e: unknown) => void) => void,
): PromiseLike<never> => ({ [THEN]: then }) as unknown as PromiseLike<never>;

/** All the ways in which an operation can fail with an error. */
export const failing: [string, (error: unknown) => () => unknown][] = [
  [
    'throws',
    (error) => () => {
      throw error;
    },
  ],
  ['rejects', (error) => () => Promise.reject(error)],
  [
    'rejects later',
    (error) => async () => {
      await Promise.resolve();
      throw error;
    },
  ],
  [
    'answers a thenable that rejects',
    (error) => () => thenable((_resolve, reject) => reject(error)),
  ],
  [
    'answers a thenable that throws',
    (error) => () =>
      thenable(() => {
        throw error;
      }),
  ],
  ['answers a subclass of Promise that rejects', (error) => () => Subclass.reject(error)],
  [
    'answers an object whose then cannot be read',
    (error) => () =>
      Object.defineProperty({}, THEN, {
        get() {
          throw error;
        },
      }),
  ],
];

/** All the ways in which an operation can answer a value. */
export const answering: [string, (value: unknown) => () => unknown][] = [
  ['returns it', (value) => () => value],
  ['resolves', (value) => () => Promise.resolve(value)],
  [
    'resolves later',
    (value) => async () => {
      await Promise.resolve();
      return value;
    },
  ],
  ['answers a thenable', (value) => () => thenable((resolve) => resolve(value))],
  [
    'answers a thenable that calls back twice',
    (value) => () =>
      thenable((resolve, reject) => {
        resolve(value);
        reject(new Error('and no'));
        resolve('other');
      }),
  ],
  ['answers a subclass of Promise', (value) => () => Subclass.resolve(value)],
  [
    'answers a function with then',
    (value) => () =>
      Object.assign(
        () => {},
        thenable((r) => r(value)),
      ),
  ],
];
