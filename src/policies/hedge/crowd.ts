/**
 * The first attempts in flight, and how many of them have taken the delay. One that is late may have had bad luck. If half of them are, the
 * upstream is slow as a whole, and hedges would add to an overload.
 */
export class Crowd {
  #inFlight = 0;
  #late = 0;

  came(): void {
    this.#inFlight++;
  }

  late(): void {
    this.#late++;
  }

  went(wasLate: boolean): void {
    this.#inFlight--;
    if (wasLate) this.#late--;
  }

  /** Whether several are late, and half or more of all. */
  get isLate(): boolean {
    return this.#late > 1 && 2 * this.#late >= this.#inFlight;
  }
}
