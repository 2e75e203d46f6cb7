/**
 * What is left of a limit after a round in which this share of the calls were signs of overload. Half is left when all of them were, and
 * proportionally more when only some were. So an occasional timeout costs almost nothing, and an outage halves the limit with each round.
 *
 * This is the decrease of Data Center TCP.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8257#section-3.3
 */
export function afterOverload(limit: number, share: number): number {
  return limit * (1 - share / 2);
}
