import type { Attributes } from '@opentelemetry/api';
import { areAttributes } from '../pipeline/options/telemetry-options.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import { idOf } from './attribute-id.js';
import { OVERFLOW as OVERFLOWN } from './first-names.js';

/** How many sets of attributes the copies of one keyed pipeline may have. */
export const MAX_SETS = 100;

const OVERFLOW: Attributes = /* @__PURE__ */ Object.fromEntries([[OVERFLOWN, true]]);

/** Sorts the copies of a keyed pipeline into a bounded number of sets, by what a function says about their keys. */
export class AttributeSets {
  readonly #of: (key: string) => Attributes;
  readonly #sets = new Map<string, Attributes>();

  constructor(of: (key: string) => Attributes) {
    this.#of = of;
  }

  /** The set that a key belongs to: the same object for the same attributes. */
  of(key: string): Attributes {
    const attributes = this.#attributesOf(key);
    const id = idOf(attributes);
    const known = this.#sets.get(id);
    if (known !== undefined) return known;
    if (this.#sets.size >= MAX_SETS) return OVERFLOW;
    this.#sets.set(id, attributes);
    return attributes;
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
