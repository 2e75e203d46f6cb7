import type { Attributes } from '@opentelemetry/api';
import { reportFault } from '../pipeline/events.js';
import type { CallObserver } from '../pipeline/observer.js';
import { areAttributes } from '../pipeline/telemetry-options.js';
import { attribute } from './names.js';

/** How many sets of attributes the copies of one keyed pipeline may have. */
export const MAX_SETS = 100;

/** Sorts the copies of a keyed pipeline by what a function says of their keys, into a bounded number of sets. */
export class AttributeSets {
  readonly #of: (key: string) => Attributes;
  readonly #observers = new Map<string, CallObserver>();
  #overflow: CallObserver | undefined;

  constructor(of: (key: string) => Attributes) {
    this.#of = of;
  }

  /** The observer of the set to which a key belongs; `make` makes one for a set that is new. */
  of(key: string, make: (attributes: Attributes) => CallObserver): CallObserver {
    const attributes = this.#attributesOf(key);
    const id = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
    let observer = this.#observers.get(id);
    if (observer !== undefined) return observer;
    if (this.#observers.size >= MAX_SETS) {
      this.#overflow ??= make({ [attribute.overflow]: true });
      return this.#overflow;
    }
    observer = make(attributes);
    this.#observers.set(id, observer);
    return observer;
  }

  #attributesOf(key: string): Attributes {
    try {
      const attributes: unknown = this.#of(key);
      if (areAttributes(attributes)) return { ...attributes };
      reportFault('telemetry.attributes', new TypeError('it answered something else'));
    } catch (error) {
      reportFault('telemetry.attributes', error);
    }
    return {};
  }
}
