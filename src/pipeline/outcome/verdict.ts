/**
 * What an outcome is: `true` for a failure of the upstream, `false` for a success, `'ignore'` for what says nothing of the upstream, so that
 * nobody counts it either way.
 */
export type Verdict = boolean | 'ignore';

/**
 * What the engine knows of an outcome: besides a verdict, `busy` for a failure that is no sign of a dead upstream, and `fault` for an error that
 * is a failure of the call, but says nothing of the upstream. `undefined` leaves it to the defaults.
 */
export type Known = Verdict | 'busy' | 'fault' | undefined;

/** An outcome that keeps what a rule said of it: a rule is asked once about each outcome. */
export abstract class Judged {
  /** The rule that was asked. */
  rule: object | undefined = undefined;
  said: Known = undefined;

  /** Takes over what is known of the same outcome elsewhere. */
  keepFrom(outcome: unknown): void {
    const judged = outcome instanceof Judged ? outcome : undefined;
    this.rule = judged?.rule;
    this.said = judged?.said;
  }
}

/** The verdict in what is known, for policies: `fault` says nothing of the upstream. */
export function verdictIn(known: Known): Verdict | undefined {
  if (known === 'busy') return true;
  return known === 'fault' ? 'ignore' : known;
}
