import type { VirtualClock } from 'holdfast/testing';

/** Notes when a promise resolves, by this clock, and with what. */
export function noted<T>(promise: Promise<T>, clock: VirtualClock) {
  const start = clock.now();
  const note: { at?: number; value?: T } = {};
  void promise.then((value) => {
    note.at = clock.now() - start;
    note.value = value;
  });
  return note;
}
