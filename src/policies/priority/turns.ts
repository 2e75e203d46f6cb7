import { CLASSES, shareOf } from './shares.js';

/**
 * Decides which class of waiting calls is served next: the most important one, unless it is the turn of another. Each service moves every
 * class nearer to its turn, by its share. A class whose turn it is is served before more important ones, and then starts anew. So of any n services in a
 * row, a class gets at most 1 + n x its share in place of more important ones, and none waits for its turn for more than 1 / its share services and
 * the turns of the others.
 */
export class Turns {
  /** How near each class is to its turn. It has come at 1. */
  readonly #credits: number[] = new Array(CLASSES).fill(0);

  /** Whether it is the turn of this class. */
  isDue(which: number): boolean {
    return (this.#credits[which] as number) >= 1;
  }

  /**
   * The class to serve next.
   *
   * @param best The most important class that waits.
   * @param may Whether calls of this class wait, and it may have a turn.
   */
  next(best: number, may: (which: number) => boolean): number {
    for (let which = best - 1; which >= 0; which--) {
      if (this.isDue(which) && may(which)) return which;
    }
    return best;
  }

  /** A call of this class has been served, in its turn or not. */
  served(which: number): void {
    const credits = this.#credits;
    for (let i = 0; i < CLASSES; i++) {
      credits[i] = Math.min(1, (credits[i] as number) + shareOf(i));
    }
    credits[which] = Math.max(0, (credits[which] as number) - 1);
  }
}
