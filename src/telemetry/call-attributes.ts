import type { Attributes } from '@opentelemetry/api';

let next: Attributes | undefined;

/**
 * Runs something that begins with a call of a pipeline: the span of that call gets these attributes. They are for its span alone, and no metric
 * has them.
 */
export function withCallAttributes<T>(attributes: Attributes | undefined, run: () => T): T {
  const before = next;
  next = attributes;
  try {
    return run();
  } finally {
    next = before;
  }
}

/** Takes the attributes of the call that begins. The next call in the same breath has none. */
export function takeCallAttributes(): Attributes | undefined {
  const taken = next;
  next = undefined;
  return taken;
}
