/**
 * The state of a call that did not wait, if its rank is known or the limiter has started over. A call that waited has its place in the queue, which
 * says the same.
 */
interface Admitted {
  readonly item: {
    stay: number;
    readonly stamp: object | undefined;
    readonly rank: number | undefined;
  };
}

/**
 * Makes the state of a call that got its slot without waiting.
 *
 * @param stay The regulator's number for the call.
 * @param stamp Says since which start over it has the slot. `undefined` if there was none yet.
 * @param rank The rank as which it holds the slot, if the call or the user has said its class. If both are `undefined`, the number is the whole state.
 */
export function admittedAs(
  stay: number,
  stamp: object | undefined,
  rank: number | undefined,
): unknown {
  return stamp === undefined && rank === undefined ? stay : { item: { stay, stamp, rank } };
}

export function stayIn(state: unknown): number {
  return typeof state === 'number' ? state : (state as Admitted).item.stay;
}

export function stampIn(state: unknown): object | undefined {
  return typeof state === 'number' ? undefined : (state as Admitted).item.stamp;
}

/** The rank as which the call holds its slot; `undefined` if nobody has said its class. */
export function rankIn(state: unknown): number | undefined {
  return typeof state === 'number' ? undefined : (state as Admitted).item.rank;
}

/** The state of the same call with another stay. */
export function withStay(state: unknown, stay: number): unknown {
  if (typeof state === 'number') return stay;
  (state as Admitted).item.stay = stay;
  return state;
}
