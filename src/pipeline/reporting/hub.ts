import type { Listener, PipelineEvent } from '../contract/events.js';
import { reportFault } from './faults.js';

function reportListener(event: PipelineEvent, error: unknown): void {
  reportFault(`a listener of pipeline "${event.pipeline}"`, error);
}

/** The listeners of one pipeline. */
export class Hub {
  /** Whether anybody listens. */
  active = false;
  /** Whether anybody wants the events that every call has (`call` and `attempt`). A call of which nobody wants to hear skips them. */
  routine = false;
  #listeners: readonly Listener[] = [];
  readonly #wantRoutine = new Set<Listener>();
  /** How many pipelines drain: they need the end of each call. */
  #draining = 0;
  /** Called when the last listener has left. */
  readonly #ends = new Set<() => void>();

  /** `routine`: the listener wants the events of successful calls too. */
  add(listener: Listener, routine = true): () => void {
    const entry: Listener = (event) => listener(event);
    this.#listeners = [...this.#listeners, entry];
    if (routine) this.#wantRoutine.add(entry);
    this.#update();
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== entry);
      this.#wantRoutine.delete(entry);
      this.#update();
    };
  }

  emit(event: PipelineEvent): void {
    for (const listener of this.#listeners) {
      try {
        const done: unknown = listener(event);
        if (done instanceof Promise) done.catch((error) => reportListener(event, error));
      } catch (error) {
        reportListener(event, error);
      }
    }
  }

  clear(): void {
    this.#listeners = [];
    this.#wantRoutine.clear();
    this.#update();
  }

  /** Calls `end` when the last listener leaves. Returns a function that calls that off. */
  untilSilent(end: () => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Has the end of each call reported, for a drain. Returns a function that ends that. */
  watchEnds(): () => void {
    this.#draining++;
    this.#update();
    return () => {
      this.#draining--;
      this.#update();
    };
  }

  #update(): void {
    const { active } = this;
    this.active = this.#listeners.length > 0;
    this.routine = this.#wantRoutine.size > 0 || this.#draining > 0;
    if (active && !this.active) for (const end of this.#ends) end();
  }
}
