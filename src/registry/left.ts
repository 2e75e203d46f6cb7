import type { Pipeline } from '../pipeline/pipeline.js';

type Any = Pipeline<unknown>;

const isOccupied = ({ inFlight, occupied }: Any): boolean => inFlight > 0 || occupied > 0;

/** From this number on, look for copies that have no calls left. */
const MIN_SWEPT = 64;

/**
 * Remembers copies that were dropped with calls in flight, as a drain also waits for them. It holds them weakly. A call or a body that can still
 * end refers to its pipeline. A pipeline that nobody can read any more must not stay for ever.
 */
export class DroppedPipelines {
  #pipelines: WeakRef<Any>[] = [];
  #sweepAt = MIN_SWEPT;

  add(pipeline: Any): void {
    if (!isOccupied(pipeline)) return;
    this.#pipelines.push(new WeakRef(pipeline));
    if (this.#pipelines.length < this.#sweepAt) return;
    this.#pipelines = this.#pipelines.filter((each) => {
      const known = each.deref();
      return known !== undefined && isOccupied(known);
    });
    this.#sweepAt = Math.max(MIN_SWEPT, 2 * this.#pipelines.length);
  }

  *[Symbol.iterator](): IterableIterator<Any> {
    for (const each of this.#pipelines) {
      const known = each.deref();
      if (known !== undefined) yield known;
    }
  }
}

export function sumOf(pipelines: readonly Any[], count: (pipeline: Any) => number): number {
  return pipelines.reduce((sum, each) => sum + count(each), 0);
}

/** Collects what each key has left. A key that was dropped and came back has several pipelines. */
export function leftByKey<T>(
  pipelines: readonly Any[],
  leftOf: (ofKey: readonly Any[]) => T | undefined,
): Record<string, T> {
  const byKey = new Map<string, Any[]>();
  for (const each of pipelines.filter(isOccupied)) {
    const { key = '' } = each;
    const ofKey = byKey.get(key);
    if (ofKey === undefined) byKey.set(key, [each]);
    else ofKey.push(each);
  }
  // fromEntries defines properties. A key may be any text, even one such as `__proto__`, which means something else in an assignment.
  return Object.fromEntries(
    [...byKey].flatMap(([key, ofKey]): [string, T][] => {
      const left = leftOf(ofKey);
      return left === undefined ? [] : [[key, left]];
    }),
  );
}
