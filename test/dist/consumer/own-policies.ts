// What users need for policies of their own has to be public: compiled like types.ts, inside a project that installed the package.
import {
  type Admission,
  type Call,
  type Deadline,
  type Drive,
  type Driver,
  type EventBody,
  failure,
  type Gate,
  type Outcome,
  type Policy,
  pipeline,
  RejectedError,
  success,
  TimeoutError,
  type TimeSource,
} from 'holdfast';

class SwitchedOffError extends RejectedError {
  static override readonly code = 'ERR_SWITCHED_OFF';
  static override readonly reason = 'switched_off';
}

class Refuses implements Gate {
  readonly role = 'gate';
  readonly type = 'switch';
  #report: ((event: EventBody) => void) | undefined;

  bind(time: TimeSource): void {
    time.clock.wallNow();
  }

  enter(call: Call): Admission {
    if (call.time.now() < call.deadline) return undefined;
    return new SwitchedOffError('Switched off', { retryAfter: 1, captureStack: call.captureStack });
  }

  exit(call: Call, outcome: Outcome): void {
    if (outcome.kind !== 'success' && call.listening) this.#report?.({ type: 'discard' });
  }

  subscribe(report: (event: EventBody) => void): () => void {
    this.#report = report;
    return () => {
      this.#report = undefined;
    };
  }
}

class Waits implements Gate {
  readonly role = 'gate';
  readonly type = 'pause';
  readonly #waiting = new Set<unknown>();

  enter(call: Call): Admission | Promise<Admission> {
    return new Promise((admit) => {
      call.state = admit;
      this.#waiting.add(admit);
      call.emit({ type: 'queued', queued: this.#waiting.size });
    });
  }

  leave(call: Call): void {
    this.#waiting.delete(call.state);
  }

  exit(): void {}
}

class Abandons implements Gate {
  readonly role = 'gate';
  readonly type = 'patience';
  readonly mayAbandon = true;

  enter(call: Call): undefined {
    call.state = call.time.deadlines(100).add(this, call, call.layer);
  }

  exit(call: Call): void {
    const deadline = call.state as Deadline;
    if (deadline.owner === call) deadline.queue.remove(deadline);
  }

  onDeadline(call: Call, layer: number): void {
    call.abandon(layer, new TimeoutError('Out of patience', { timeoutMs: 100 }));
  }

  deadlineOf(state: unknown): number {
    const deadline = state as Deadline;
    return deadline.queue.timeOf(deadline);
  }
}

class LastKnown<T> implements Driver {
  readonly role = 'driver';
  readonly type = 'last_known';
  readonly inspectsValues = true;
  declare readonly adds?: () => T;

  accepts(_call: Call, outcome: Outcome): boolean {
    return outcome.kind === 'success';
  }

  async drive(drive: Drive, first: Outcome | undefined): Promise<Outcome> {
    if (first?.kind === 'rejected') return failure(first.error);
    drive.degraded();
    return success(drive.context.attempt);
  }

  fork(): LastKnown<T> {
    return new LastKnown();
  }
}

const hedge: Policy = {
  role: 'driver',
  type: 'hedge',
  async drive(drive) {
    const first = drive.next();
    if ((await Promise.race([first, drive.sleep(50)])) === false) return failure(undefined);
    const second = drive.next({ kind: 'hedge', signal: AbortSignal.timeout(100) });
    const winner = await Promise.race([first, second]);
    void second.then((outcome) => outcome !== winner && drive.discard(outcome));
    return winner;
  },
};

const own = pipeline(
  'own',
  new Refuses(),
  new Waits(),
  new Abandons(),
  new LastKnown<'old'>(),
  hedge,
);
export const answer: Promise<number | 'old'> = own.execute(() => 1);
