import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import type {
  Context,
  Operation,
  Pipeline,
  PipelineEvent,
  PipelineLayer,
  TelemetryOptions,
} from 'holdfast';
import { keyed, pipeline } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

/** What the operation does when it is called. */
export type Behaviour =
  | 'returns'
  | 'resolves'
  | 'throws'
  | 'rejects'
  | 'fails as a result'
  | 'hangs';

/** In whose async context something runs. Only what the call causes may run in that of the call. */
export type Who = 'the call' | 'the clock' | 'the caller' | 'another call' | 'the upstream';

/** What an operation answers. */
export const ANSWER = 'the answer';
/** A result that the pipeline takes for a failure. */
export const FAILED_RESULT = { status: 503 };
/** What an operation fails with. */
export const BOOM = new Error('boom');
/** What a callback of the user's throws. */
export const FAULT = new Error('a fault in a callback');
/** Why the caller aborts. */
export const REASON = new Error('the caller has gone');

const errorTypeOf = (result: unknown): string | undefined =>
  result === FAILED_RESULT ? '503' : undefined;

/** Why a signal of `AbortSignal.timeout` aborts. */
export const CALLERS_TIMEOUT = new DOMException('The operation timed out', 'TimeoutError');

/** The key of the copy, where there is one. */
export const KEY = 'a key';

/** How long an operation takes that resolves or rejects. */
const TAKES_MS = 10;

/** One for all scenes: on Node 20 each one that there is makes every promise slower. */
const store = new AsyncLocalStorage<Who>();

/** Far more turns of the promise queue than any call takes, and fewer than a clock gives by itself: there are thousands of scenes. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 64; turn++) await undefined;
};

/** A call of the operation that was left running. */
interface Hung {
  readonly context: Context;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly late: object;
}

/** Something that ran, and in whose context. */
export interface Ran {
  readonly what: string;
  readonly who: Who | undefined;
}

/** What the pipeline is given besides its policies. */
export interface Extras {
  readonly listens: boolean;
  readonly listenerThrows?: boolean | undefined;
  /** At the first event. */
  readonly listenerAborts?: boolean | undefined;
  readonly discardThrows?: boolean | undefined;
  readonly errorTypeOf?: boolean | undefined;
  /** What `isFailure` says of every outcome. */
  readonly isFailure?: boolean | 'ignore' | 'throws' | undefined;
  readonly telemetry?: TelemetryOptions | undefined;
  /** It is the copy of a key. */
  readonly keyed?: boolean | undefined;
}

/** One call in a world of its own: a clock, a caller, an upstream, and everything that happens written down. */
export class Scene {
  readonly clock = new VirtualClock({ settle });
  readonly caller = new AbortController();
  /** Each with who was told of it: in whose context the listener ran. */
  readonly heard: { readonly event: PipelineEvent; readonly who: Who | undefined }[] = [];
  /** What a listener of the nested pipeline was told. */
  readonly heardInside: { readonly event: PipelineEvent; readonly who: Who | undefined }[] = [];
  /** Functions of the user's that were called, but for listeners. */
  readonly ran: Ran[] = [];
  readonly discarded: unknown[] = [];
  readonly hung: Hung[] = [];
  runs = 0;
  #script: readonly Behaviour[] = ['resolves'];
  readonly #others: (() => void)[] = [];

  /** The policies' way to call back: notes who asked. */
  note(what: string): void {
    this.ran.push({ what, who: store.getStore() });
  }

  as<T>(who: Who, run: () => T): T {
    return store.run(who, run);
  }

  /** What the operation does, one attempt after another; the last one again and again. */
  play(...script: Behaviour[]): void {
    this.#script = script;
  }

  make(layers: readonly PipelineLayer[], extras: Extras): Pipeline<unknown> {
    const { telemetry, isFailure } = extras;
    const template = pipeline(
      {
        name: 'calls',
        clock: this.clock,
        discard: (value) => {
          this.note('discard');
          this.discarded.push(value);
          if (extras.discardThrows === true) throw FAULT;
        },
        // Where results can be failures, no success takes the shortest way.
        ...(extras.errorTypeOf === true ? { errorTypeOf } : {}),
        ...(isFailure === undefined ? {} : { isFailure: this.#ruleOf(isFailure) }),
        ...(telemetry === undefined ? {} : { telemetry }),
      },
      ...layers,
    );
    const copies = extras.keyed === true ? keyed(template) : undefined;
    if (extras.listens) {
      (copies ?? template).on((event) => {
        this.heard.push({ event, who: store.getStore() });
        if (extras.listenerThrows === true) throw FAULT;
        if (extras.listenerAborts === true) this.caller.abort(REASON);
      });
    }
    return copies?.get(KEY) ?? template;
  }

  /** These policies as a pipeline of their own, to be nested. */
  nest(layers: readonly PipelineLayer[], listenerThrows: boolean): Pipeline<unknown> {
    const nested = pipeline({ name: 'nested', clock: this.clock }, ...layers);
    nested.on((event) => {
      this.heardInside.push({ event, who: store.getStore() });
      if (listenerThrows) throw FAULT;
    });
    return nested;
  }

  #ruleOf(says: boolean | 'ignore' | 'throws'): () => boolean | 'ignore' {
    return () => {
      this.note('isFailure');
      if (says === 'throws') throw FAULT;
      return says;
    };
  }

  readonly operation: Operation = (context) => {
    this.note('operation');
    const behaviour = this.#script[Math.min(this.runs, this.#script.length - 1)];
    this.runs++;
    switch (behaviour) {
      case 'returns':
        return ANSWER;
      case 'fails as a result':
        return FAILED_RESULT;
      case 'throws':
        throw BOOM;
      case 'hangs':
        return new Promise((resolve, reject) => {
          this.hung.push({ context, resolve, reject, late: { late: this.runs } });
        });
      default:
        return new Promise((resolve, reject) => {
          const settle = (): void => (behaviour === 'rejects' ? reject(BOOM) : resolve(ANSWER));
          this.clock.setTimer(() => this.as('the upstream', settle), TAKES_MS);
        });
    }
  };

  /** Another call goes through these policies, in a pipeline of its own, and stays inside until {@link Scene.others}. */
  another(...layers: PipelineLayer[]): void {
    const other = pipeline({ name: 'others', clock: this.clock }, ...layers);
    this.as('another call', () => {
      void other.settle(() => new Promise<void>((resolve) => this.#others.push(resolve)));
    });
  }

  /** Something that comes in the end whatever has happened to the call, as if another call brought it. */
  atTheEnd(what: () => void): void {
    this.#others.push(what);
  }

  /** The other calls end. */
  async others(): Promise<void> {
    this.as('another call', () => {
      for (const end of this.#others.splice(0)) end();
    });
    await this.settle();
  }

  /** Gives policies the clock, as a pipeline does. */
  bind(...layers: PipelineLayer[]): void {
    pipeline({ name: 'others', clock: this.clock }, ...layers);
  }

  /** Other calls go through these policies and fail. */
  async fails(times: number, ...layers: PipelineLayer[]): Promise<void> {
    const other = pipeline({ name: 'others', clock: this.clock }, ...layers);
    for (let i = 0; i < times; i++) {
      await this.as('another call', () => other.settle(() => Promise.reject(new Error('down'))));
    }
  }

  /** Whether one more call through these policies would run now. */
  async admits(...layers: PipelineLayer[]): Promise<boolean> {
    let admitted = false;
    const other = pipeline({ name: 'others', clock: this.clock }, ...layers);
    const caller = new AbortController();
    const call = this.as('another call', () =>
      other.settle(
        () => {
          admitted = true;
        },
        { signal: caller.signal },
      ),
    );
    await this.settle();
    caller.abort();
    await call;
    return admitted;
  }

  async pass(ms: number): Promise<void> {
    await this.as('the clock', () => this.clock.advance(ms));
  }

  /** Lets time pass until there is nothing left to wait for. */
  async passAll(): Promise<void> {
    await this.as('the clock', () => this.clock.runAll());
  }

  /** Lets all promises go on, and no time pass. */
  async settle(): Promise<void> {
    await this.as('the clock', () => this.clock.flush());
  }

  async abort(reason: unknown = REASON): Promise<void> {
    this.as('the caller', () => this.caller.abort(reason));
    await this.settle();
  }

  /** What was left running ends after all. */
  async endLate(how: 'resolves' | 'rejects'): Promise<void> {
    this.as('the upstream', () => {
      for (const { resolve, reject, late } of this.hung) {
        if (how === 'resolves') resolve(late);
        else reject(BOOM);
      }
    });
    await this.settle();
  }

  /** Listeners left on the caller's signal. */
  get listeners(): number {
    return getEventListeners(this.caller.signal, 'abort').length;
  }
}
