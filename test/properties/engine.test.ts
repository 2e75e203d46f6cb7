import { AsyncLocalStorage } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { fallback, type Policy, pipeline, RejectedError, TimeoutError, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { expect, it } from 'vitest';
import { gate, onFailure } from '../pipeline/support/layers.js';

/** What a random pipeline is made of. Times are large whole numbers, so that no two things happen at one instant. */
type LayerSpec =
  | {
      readonly is: 'gate';
      readonly enter: 'admit' | 'refuse' | 'throw' | 'admit later' | 'refuse later' | 'fail later';
      readonly exit: 'leave' | 'throw';
      readonly holds: boolean;
      readonly delay: number;
    }
  | { readonly is: 'timeout'; readonly delay: number }
  | { readonly is: 'retry'; readonly runs: number; readonly delay: number }
  | { readonly is: 'fallback'; readonly fails: boolean; readonly delay: number };

interface OperationSpec {
  readonly does: 'return' | 'throw' | 'resolve' | 'reject' | 'never';
  readonly delay: number;
}

interface Spec {
  readonly layers: readonly LayerSpec[];
  /** One after another, the last one again and again. */
  readonly operations: readonly OperationSpec[];
  readonly abortAt: number | undefined;
  /** Somebody listens. */
  readonly heard: boolean;
}

/** Whose call it is. Time passes, and the caller aborts, in nobody's. */
const caller = new AsyncLocalStorage<string>();

const delay = fc.integer({ min: 1_000, max: 1_000_000 });
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 4, arbitrary: fc.constantFrom(...others) },
  );
const layer: fc.Arbitrary<LayerSpec> = fc.oneof(
  fc.record({
    is: fc.constant('gate' as const),
    enter: mostly(
      'admit',
      'refuse',
      'throw',
      'admit later',
      'refuse later',
      'fail later',
    ) as fc.Arbitrary<Extract<LayerSpec, { is: 'gate' }>['enter']>,
    exit: mostly('leave', 'leave', 'throw') as fc.Arbitrary<'leave' | 'throw'>,
    holds: fc.boolean(),
    delay,
  }),
  fc.record({ is: fc.constant('timeout' as const), delay }),
  fc.record({ is: fc.constant('retry' as const), runs: fc.integer({ min: 1, max: 3 }), delay }),
  fc.record({ is: fc.constant('fallback' as const), fails: fc.boolean(), delay }),
);
const operation: fc.Arbitrary<OperationSpec> = fc.record({
  does: fc.constantFrom('return', 'throw', 'resolve', 'reject', 'never'),
  delay,
});
const spec: fc.Arbitrary<Spec> = fc.record({
  layers: fc.array(layer, { maxLength: 6 }),
  operations: fc.array(operation, { minLength: 1, maxLength: 5 }),
  abortAt: fc.option(fc.integer({ min: 1, max: 3_000_000 }), { nil: undefined }),
  heard: fc.boolean(),
});

type Result = { kind: 'success' | 'failure' | 'timeout' | 'rejected' | 'cancelled'; what: string };

/** Given up when a timeout around it expires or the caller aborts. */
class Scope {
  given: Result | undefined;
  /** What the gates inside are told then. */
  seen: Result['kind'] = 'cancelled';
  readonly #waiting = new Set<() => void>();

  constructor(outer?: Scope) {
    outer?.onGivenUp(() => this.giveUp({ kind: 'cancelled', what: 'outer' }, outer.seen));
  }

  giveUp(result: Result, seen: Result['kind']): void {
    if (this.given !== undefined) return;
    this.given = result;
    this.seen = seen;
    for (const wake of this.#waiting) wake();
  }

  onGivenUp(then: () => void): void {
    if (this.given === undefined) this.#waiting.add(then);
    else then();
  }
}

/** The same pipeline in the plainest way there is: a promise a layer. */
class Model {
  runs = 0;
  readonly enters: number[];
  /** What each gate was told when it was left. */
  readonly seen: string[][];
  /** An operation runs that nobody has given up. */
  #operating = false;
  readonly #spec: Spec;
  readonly #clock: VirtualClock;

  constructor(spec: Spec, clock: VirtualClock) {
    this.#spec = spec;
    this.#clock = clock;
    this.enters = spec.layers.map(() => 0);
    this.seen = spec.layers.map(() => []);
  }

  call(): Promise<Result> {
    const scope = new Scope();
    const { abortAt } = this.#spec;
    if (abortAt !== undefined) {
      const aborted: Result = { kind: 'cancelled', what: 'the caller' };
      this.#clock.setTimer(() => scope.giveUp(aborted, 'cancelled'), abortAt);
    }
    return this.#orGivenUp(scope, this.#run(0, scope));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimer(resolve, ms));
  }

  #orGivenUp(scope: Scope, result: Promise<Result>): Promise<Result> {
    return new Promise((resolve) => {
      scope.onGivenUp(() => resolve(scope.given as Result));
      void result.then(resolve);
    });
  }

  async #run(i: number, scope: Scope): Promise<Result> {
    if (scope.given !== undefined) return scope.given;
    const here = this.#spec.layers[i];
    if (here === undefined) return this.#operation(scope);
    switch (here.is) {
      case 'gate': {
        this.enters[i] = (this.enters[i] as number) + 1;
        const [how, later] = here.enter.split(' ');
        if (later !== undefined) await this.#sleep(here.delay);
        if (scope.given !== undefined) {
          // It admits a call that has gone: the exit follows.
          if (how === 'admit') this.seen[i]?.push('cancelled');
          return scope.given;
        }
        if (how === 'refuse') return { kind: 'rejected', what: `gate ${i}` };
        if (how !== 'admit') return { kind: 'failure', what: `enter ${i}` };
        const result = await this.#inside(i, scope);
        return here.exit === 'throw' ? { kind: 'failure', what: `exit ${i}` } : result;
      }
      case 'timeout': {
        const inner = new Scope(scope);
        const expire = (): void =>
          inner.giveUp(
            { kind: 'timeout', what: String(here.delay) },
            this.#operating ? 'timeout' : 'cancelled',
          );
        const timer = this.#clock.setTimer(expire, here.delay);
        const result = await this.#orGivenUp(inner, this.#run(i + 1, inner));
        this.#clock.clearTimer(timer);
        return result;
      }
      case 'retry': {
        let result = await this.#run(i + 1, scope);
        for (let run = 1; run < here.runs && result.kind !== 'success'; run++) {
          if (scope.given !== undefined) return scope.given;
          await this.#sleep(here.delay);
          result = await this.#run(i + 1, scope);
        }
        return result;
      }
      default: {
        const result = await this.#run(i + 1, scope);
        if (result.kind === 'success' || scope.given !== undefined) return result;
        await this.#sleep(here.delay);
        return here.fails
          ? { kind: 'failure', what: `fallback ${i}` }
          : { kind: 'success', what: `fallback ${i}` };
      }
    }
  }

  /** A gate is told how the run inside ended, or at once that it was given up. */
  async #inside(i: number, scope: Scope): Promise<Result> {
    let left = false;
    const leave = (kind: Result['kind']): void => {
      if (!left) this.seen[i]?.push(kind);
      left = true;
    };
    scope.onGivenUp(() => leave(scope.seen));
    const result = await this.#run(i + 1, scope);
    leave(result.kind);
    return result;
  }

  async #operation(scope: Scope): Promise<Result> {
    const run = this.runs++;
    const { operations } = this.#spec;
    const { does, delay } = operations[Math.min(run, operations.length - 1)] as OperationSpec;
    this.#operating = true;
    let given = false;
    scope.onGivenUp(() => {
      if (!given) this.#operating = false;
      given = true;
    });
    if (does === 'never') return new Promise(() => {});
    if (does === 'resolve' || does === 'reject') await this.#sleep(delay);
    if (!given) this.#operating = false;
    given = true;
    return {
      kind: does === 'return' || does === 'resolve' ? 'success' : 'failure',
      what: `run ${run}`,
    };
  }
}

/** The pipeline as it is, and everything that it does written down. */
class Real {
  runs = 0;
  settled = false;
  afterwards = 0;
  readonly enters: number[];
  readonly admitted: number[];
  readonly exits: number[];
  /** What each gate was told when it was left. */
  readonly seen: string[][];
  /** Enters and exits in order, for calls of which nothing is given up. */
  readonly stack: number[] = [];
  nested = true;
  /** What ran in the async context of nobody. */
  readonly astray: string[] = [];
  readonly callIds = new Set<number | undefined>();
  events = 0;
  readonly #spec: Spec;
  readonly #clock: VirtualClock;

  constructor(spec: Spec, clock: VirtualClock) {
    this.#spec = spec;
    this.#clock = clock;
    this.enters = spec.layers.map(() => 0);
    this.admitted = spec.layers.map(() => 0);
    this.exits = spec.layers.map(() => 0);
    this.seen = spec.layers.map(() => []);
  }

  async call(signal: AbortSignal | undefined): Promise<Result> {
    const calls = pipeline(
      { name: 'calls', clock: this.#clock },
      ...this.#spec.layers.map((each, i) => this.#layer(each, i)),
    );
    if (this.#spec.heard) {
      calls.on(({ type, callId }) => {
        this.events++;
        this.callIds.add(callId);
        this.#called(type);
      });
    }
    const result = await calls.settle(() => this.#operation(), { signal });
    this.settled = true;
    expect(calls.snapshot().inFlight).toBe(0);
    if (result.status === 'fulfilled') return { kind: 'success', what: String(result.value) };
    const { reason } = result;
    if (reason instanceof TimeoutError) return { kind: 'timeout', what: String(reason.timeoutMs) };
    const kind =
      reason instanceof RejectedError
        ? 'rejected'
        : reason.message === 'the caller'
          ? 'cancelled'
          : 'failure';
    return { kind, what: reason.message };
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.setTimer(resolve, ms));
  }

  #called(what: string): void {
    if (caller.getStore() !== 'own') this.astray.push(what);
  }

  #started(): void {
    this.#called('started');
    if (this.settled) this.afterwards++;
  }

  #layer(here: LayerSpec, i: number): Policy<unknown> {
    switch (here.is) {
      case 'timeout':
        return timeout(here.delay);
      case 'retry':
        return onFailure(async (drive, first) => {
          let outcome = first;
          for (let run = 1; run < here.runs && outcome.kind !== 'success'; run++) {
            if (!(await drive.sleep(here.delay))) return outcome;
            outcome = await drive.next();
          }
          return outcome;
        });
      case 'fallback':
        return fallback(async () => {
          this.#started();
          await this.#sleep(here.delay);
          if (here.fails) throw new Error(`fallback ${i}`);
          return `fallback ${i}`;
        });
      default: {
        const decide = (how: string): RejectedError | undefined => {
          if (how === 'refuse') return new RejectedError(`gate ${i}`);
          if (how !== 'admit') throw new Error(`enter ${i}`);
          this.admitted[i] = (this.admitted[i] as number) + 1;
          this.stack.push(i);
          return undefined;
        };
        return gate({
          // What a late exit throws is reported and not thrown: a promise a layer cannot do that.
          holds: here.holds && here.exit === 'leave',
          enter: () => {
            this.#started();
            this.enters[i] = (this.enters[i] as number) + 1;
            const [how = '', later] = here.enter.split(' ');
            if (later === undefined) return decide(how);
            return this.#sleep(here.delay).then(() => decide(how));
          },
          exit: (_call, outcome) => {
            this.#called('exit');
            this.exits[i] = (this.exits[i] as number) + 1;
            this.seen[i]?.push(outcome.kind);
            if (this.stack.pop() !== i) this.nested = false;
            if (here.exit === 'throw') throw new Error(`exit ${i}`);
          },
        });
      }
    }
  }

  #operation(): unknown {
    this.#started();
    const run = this.runs++;
    const { operations } = this.#spec;
    const { does, delay } = operations[Math.min(run, operations.length - 1)] as OperationSpec;
    switch (does) {
      case 'return':
        return `run ${run}`;
      case 'throw':
        throw new Error(`run ${run}`);
      case 'never':
        return new Promise(() => {});
      default:
        return this.#sleep(delay).then(() => {
          if (does === 'reject') throw new Error(`run ${run}`);
          return `run ${run}`;
        });
    }
  }
}

it('G1, G2, G3, G5, G14, T2: a random pipeline does what a promise a layer would do, and leaves nothing behind', {
  timeout: 600_000,
}, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(spec, async (each) => {
      const settle = async (): Promise<void> => {
        for (let i = 0; i < 64; i++) await undefined;
      };
      const clocks = [new VirtualClock({ settle }), new VirtualClock({ settle })] as const;
      const model = new Model(each, clocks[0]);
      let expected: Result | undefined;
      void model.call().then((result) => {
        expected = result;
      });
      const real = new Real(each, clocks[1]);
      const controller = new AbortController();
      if (each.abortAt !== undefined) {
        clocks[1].setTimer(() => controller.abort(new Error('the caller')), each.abortAt);
      }
      let settlements = 0;
      let got: Result | undefined;
      const signal = each.abortAt === undefined ? undefined : controller.signal;
      void caller.run('own', () =>
        real.call(signal).then((result) => {
          settlements++;
          got = result;
        }),
      );
      await clocks[0].runAll();
      await clocks[1].runAll();
      seen.set(got?.kind ?? 'pending', (seen.get(got?.kind ?? 'pending') ?? 0) + 1);

      expect(got).toEqual(expected);
      expect(settlements).toBe(expected === undefined ? 0 : 1);
      expect(real.runs).toBe(model.runs);
      expect(real.enters).toEqual(model.enters);
      expect(real.afterwards).toBe(0);
      expect(clocks[1].pending).toBe(0);
      expect(real.astray).toEqual([]);
      expect(real.callIds.size).toBe(real.events > 0 ? 1 : 0);
      expect(real.callIds).not.toContain(undefined);
      if (real.events > 0) seen.set('heard', (seen.get('heard') ?? 0) + 1);
      const never = each.operations.some(({ does }) => does === 'never');
      for (const [i, admitted] of real.admitted.entries()) {
        const here = each.layers[i];
        const mayHold = never && here?.is === 'gate' && here.holds;
        if (got === undefined || mayHold) expect(real.exits[i]).toBeLessThanOrEqual(admitted);
        else expect(real.exits[i]).toBe(admitted);
        // Those that hold are told late; what they are told is the same.
        const told = real.seen[i]?.slice().sort() ?? [];
        const wanted = model.seen[i]?.slice().sort() ?? [];
        if (mayHold) expect(wanted).toEqual(expect.arrayContaining(told));
        else expect(told).toEqual(wanted);
        for (const kind of told) seen.set(`told ${kind}`, (seen.get(`told ${kind}`) ?? 0) + 1);
      }
      const givenUp =
        each.abortAt !== undefined || each.layers.some((layer) => layer.is === 'timeout');
      if (!givenUp) expect(real.nested).toBe(true);
      if (got !== undefined) expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }),
    { numRuns: Number(process.env['HOLDFAST_RUNS'] ?? 3_000) },
  );
  // A property that never gets anywhere proves nothing.
  const kinds = ['success', 'failure', 'timeout', 'rejected', 'cancelled'];
  for (const kind of [...kinds, 'pending', ...kinds.map((kind) => `told ${kind}`), 'heard']) {
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(20);
  }
});
