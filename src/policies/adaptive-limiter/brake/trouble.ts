/** The window has at least this many calls: two useless ones in a row mean something if hardly any were useless before. */
export const MIN_WINDOW = 4;

/** Trouble needs at least this share of useless calls, however rare they usually are. */
const LEAST = 0.4;

/** Beyond this share it is trouble, however many are usually useless. */
const MOST = 0.9;

/** How many standard deviations above the usual share cannot be chance. */
const SIGMAS = 4;

/** The usual share is learnt over about this many calls. */
const CALLS_TO_LEARN = 32;

/** More than this share of useless calls never counts as usual. */
const MOST_USUAL = 0.15;

/** A share below this counts as 0. Otherwise it would shrink to numbers that are slow to calculate with. */
const NOTHING = 1e-9;

/**
 * Tells an upstream in trouble from one with a bad part. In trouble, most of the last calls were useless, and more than usual. If
 * one server of eight swallows requests, an eighth of the calls is useless all the time. No limit on this client helps against that.
 *
 * This is a control chart of an exponentially weighted mean.
 *
 * @see https://doi.org/10.1080/00401706.1959.10489860 Roberts: Control chart tests based on geometric moving averages, 1959
 */
export class Trouble {
  /** Share of useless calls of late: 0 to 1. */
  share = 0;
  /** Share of useless calls when nothing is wrong with the upstream as a whole. */
  usual = 0;

  /** Whether no call has been useless for long. */
  get isNone(): boolean {
    return this.share === 0 && this.usual === 0;
  }

  /** @param window About how many calls the share looks back on: as many as are in flight, and {@link MIN_WINDOW} at least. */
  add(useless: boolean, window: number): void {
    if (useless) {
      this.share += (1 - this.share) / window;
    } else if (this.share !== 0) {
      const share = this.share - this.share / window;
      this.share = share < NOTHING ? 0 : share;
    }
  }

  /** Forgets the recent calls, which are long ago. */
  forget(): void {
    this.share = Math.min(this.share, this.usual);
  }

  /** Learns from a call what is usual. Do not use it for calls of a time in which most are useless. */
  learn(useless: boolean): void {
    if (this.share >= 0.5 || (!useless && this.usual === 0)) return;
    const usual = this.usual + (Number(useless) - this.usual) / CALLS_TO_LEARN;
    this.usual = Math.min(MOST_USUAL, usual);
  }

  /** Whether the share is that of an upstream in trouble. */
  isIn(window: number): boolean {
    return this.share >= threshold(this.usual, window);
  }
}

/** The share of useless calls, in a window of so many, from which on it is neither chance nor usual. */
export function threshold(usual: number, window: number): number {
  const weight = 1 / window;
  const deviation = Math.sqrt((usual * (1 - usual) * weight) / (2 - weight));
  return Math.min(MOST, Math.max(LEAST, usual + SIGMAS * deviation));
}
