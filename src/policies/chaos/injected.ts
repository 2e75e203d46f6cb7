import { shared } from '../../copies.js';

const injected = /* @__PURE__ */ shared('injected', () => new WeakSet<object>());

/** Notes that an error or result did not come from the upstream. */
export function markInjected(value: unknown): void {
  if (isObject(value)) injected.add(value);
}

/**
 * Whether a chaos policy made this error or result: what a call of a pipeline or client threw or returned. So nobody looks for a fault that was
 * put there on purpose. Errors that have it as their `cause` count, too. It knows objects only, and no clones of them.
 *
 * @example
 * if (!isInjected(error)) page(error);
 */
export function isInjected(value: unknown): boolean {
  let each = value;
  try {
    for (let depth = 0; isObject(each) && depth < 8; depth++) {
      if (injected.has(each)) return true;
      each = (each as { readonly cause?: unknown }).cause;
    }
  } catch {
    // A proxy may refuse to be asked.
  }
  return false;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
