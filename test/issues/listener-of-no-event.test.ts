import { type EventType, keyed, pipeline } from 'holdfast';
import { expect, it } from 'vitest';

/** A misspelt type was taken, and its listener never called. */
it.each([
  ['transitions', 'pipeline.on: unknown event "transitions": did you mean "transition"?'],
  ['constructor', /^pipeline\.on: unknown event "constructor"; the events are call, attempt, /],
  [undefined, /^pipeline\.on: unknown event undefined; the events are call, attempt, /],
])('a listener of %s is refused', (type, message) => {
  const calls = pipeline('calls');
  expect(() => calls.on(type as EventType, () => {})).toThrow(TypeError);
  expect(() => calls.on(type as EventType, () => {})).toThrow(message);
  expect(() => keyed(calls).on(type as EventType, () => {})).toThrow(message);
});
