import type { Listener, PipelineEvent } from '../contract/events.js';
import { reportFault } from './faults.js';

function reportListener(event: PipelineEvent, error: unknown): void {
  reportFault(`a listener of pipeline "${event.pipeline}"`, error);
}

/** The listeners of one pipeline. */
export class Hub {
  /** Whether anybody listens. */
  active = false;
  /** Whether anybody wants to hear of what every call reports; the path of a call compares it. */
  routine = false;
  #listeners: readonly Listener[] = [];
  readonly #wantRoutine = new Set<Listener>();
  /** Pipelines that drain: they have to hear of the end of each call. */
  #draining = 0;
  /** Called once the last listener has left. */
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

  /** Has something end with the last listener: all copies of a pipeline have the same ones. Answers what calls that off. */
  untilSilent(end: () => void): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Takes each call past where its end is told. Answers what ends that. */
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
