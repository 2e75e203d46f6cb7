import { retry, standard } from 'holdfast';
import { expect, it } from 'vitest';

/** `delay` was said to mean `maxDelay`, which takes the same values and means something else than what was wanted. */
it.each([
  [() => retry({ delay: 100 } as object), /retry\.delay: unknown option "delay"; the options are /],
  [
    () => standard({ timeout: 5 } as object),
    /standard\.timeout: unknown option "timeout": did you mean "totalTimeout" .* or "attemptTimeout" /,
  ],
  [() => retry({ retries: 2 } as object), /unknown option "retries": did you mean "maxRetries"\?/],
])('a name that is part of several options suggests none of them, or all', (make, message) => {
  expect(make).toThrow(message);
});
