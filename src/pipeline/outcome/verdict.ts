/**
 * What an outcome counts as: `true` a failure of the upstream, `false` a success. `'ignore'`: it says nothing about the upstream, and does not
 * count.
 */
export type Verdict = boolean | 'ignore';

/**
 * What the engine knows about an outcome. Besides a verdict: `busy`, a failure that is no sign of a dead upstream, and `fault`, a failure of
 * the call that says nothing about the upstream. `undefined` leaves it to the defaults.
 */
export type Known = Verdict | 'busy' | 'fault' | undefined;

/** An outcome that remembers the answer of the rule that was asked about it, so that a rule is asked only once. */
export abstract class Judged {
  /** The rule that was asked. */
  rule: object | undefined = undefined;
  said: Known = undefined;

  /** Copies what is known from another object for the same outcome. */
  keepFrom(outcome: unknown): void {
    const judged = outcome instanceof Judged ? outcome : undefined;
    this.rule = judged?.rule;
    this.said = judged?.said;
  }
}

/** The verdict for policies. A `fault` says nothing about the upstream. */
export function verdictIn(known: Known): Verdict | undefined {
  if (known === 'busy') return true;
  return known === 'fault' ? 'ignore' : known;
}
