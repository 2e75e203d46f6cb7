import { isOf, mark } from '../../copies.js';
import { ConfigError, ContractError } from '../../errors.js';
import type { Context, Operation } from '../../pipeline/contract/context.js';
import type { EventBody } from '../../pipeline/contract/events.js';
import type { ChaosInjection, ChaosRates } from '../../pipeline/contract/injection.js';
import { standBetween } from '../../pipeline/contract/injection.js';
import type { PolicyMeasures } from '../../pipeline/contract/measures.js';
import type { Call, Gate, LateCopies, Policy } from '../../pipeline/contract/policy.js';
import type { StraightHalf } from '../../pipeline/contract/straight-half.js';
import type { TimeSource } from '../../time/time-source.js';
import type { Named } from '../named.js';
import { ChaosSwitch } from './chaos-switch.js';
import { Dice } from './dice.js';
import { inject } from './inject.js';
import type { ChaosOptions, ChaosStartOptions, ResolvedChaos } from './options.js';
import { resolveChaos, resolveStart } from './options.js';

/**
 * Injects faults, latency, results and behaviour into calls, to rehearse what happens when an upstream fails. It is off until
 * {@link ChaosPolicy.start} is called, whatever its options are, and off again after a time limit.
 *
 * It is the innermost policy. To all others, what it injects looks as if it had come from the upstream: attempts are counted, timeouts
 * bound the latency, the breaker opens. Each kind is drawn by itself for each attempt, at its own rate. The same seed injects the same
 * into the same sequence of attempts.
 *
 * @throws ConfigError when an option is wrong, and when a pipeline is made in which another policy is inside it.
 * @example
 * const outage = chaos({ faults: { rate: 0.5, error: () => new Error('ECONNRESET') } });
 * const inventory = pipeline('inventory', ...standard(), outage);
 * outage.start({ for: '5m' });
 */
export function chaos<T = never, const Name extends string = 'chaos'>(
  options: ChaosOptions<T> & Named<Name>,
): ChaosPolicy<T, NoInfer<Name>> {
  const resolved = resolveChaos(options);
  const { seed = Math.floor(Math.random() * 2 ** 32) } = resolved;
  return new ChaosPolicy(resolved, new ChaosSwitch(seed, ratesOf(resolved)));
}

/** What a chaos policy does now. */
export interface ChaosSnapshot {
  /** Whether it is on. */
  readonly active: boolean;
  /** How much longer it is on, in milliseconds. `undefined`: it is off, or has no limit. */
  readonly timeLeft: number | undefined;
  /** Where its random numbers begin. */
  readonly seed: number;
  /** At which rates it injects while it is on. */
  readonly rates: ChaosRates;
  /** How often it has injected each, with all its copies. */
  readonly injections: Readonly<Record<ChaosInjection, number>>;
}

/** What {@link ChaosPolicy.start} returns. Stops what it has started, unless it was started again since. */
export interface ChaosRun {
  /** Stops it. */
  stop(): void;
  /** The same as `stop`. */
  [Symbol.dispose](): void;
}

/** Made by {@link chaos}. The copies of a keyed pipeline, and the policies of a client, are on when it is. */
export class ChaosPolicy<T = unknown, Name extends string = string> implements Gate {
  /** @internal */
  static readonly marked = /* @__PURE__ */ mark(ChaosPolicy, 'chaos');

  readonly role = 'gate';
  readonly type = 'chaos';
  readonly name: Name | undefined;
  readonly quiet = true;
  /** In types only. What the policy adds to a pipeline's result. */
  declare readonly adds?: () => T;
  readonly #options: ResolvedChaos;
  readonly #switch: ChaosSwitch;
  /** Whether a client calls the operation, which asks for itself what stands between it and the upstream. */
  readonly #inClient: boolean;
  /** Whether it is the copy of another one. That one tells when it is started. */
  readonly #isCopy: boolean;
  #random: Rolls | undefined;

  /** @internal Use {@link chaos}. */
  constructor(options: ResolvedChaos, state: ChaosSwitch, inClient = false, isCopy = false) {
    this.#options = options;
    this.#switch = state;
    this.#inClient = inClient;
    this.#isCopy = isCopy;
    this.name = options.name as Name | undefined;
  }

  /**
   * Switches it on, from the beginning of its sequence. If it is on, it starts again. `for` limits the time, by default to 10 minutes.
   *
   * @throws ConfigError when an option is wrong.
   */
  start(options?: ChaosStartOptions): ChaosRun {
    const { run } = begin(this.#switch, resolveStart(options));
    const stop = (): void => {
      if (this.#switch.run === run) this.stop();
    };
    return { stop, [Symbol.dispose]: stop };
  }

  /** Switches it off. Attempts that wait for an injected latency go on. */
  stop(): void {
    this.#switch.stop();
  }

  /** Whether it is on. */
  get active(): boolean {
    return this.#switch.isOn();
  }

  /** @internal `inside`: the policy right inside. */
  bind(time: TimeSource, _hasRule?: boolean, inside?: Policy<unknown>): void {
    this.#switch.time.bind(time);
    if (inside === undefined || isOf(inside, ChaosPolicy)) return;
    throw new ConfigError(
      `chaos: must be the innermost policy, but "${inside.name ?? inside.type}" is inside it; put chaos last`,
      { path: 'chaos', policy: 'chaos' },
    );
  }

  enter(call: Call): undefined {
    if (!this.#switch.isOn()) return;
    const { layer, around } = call;
    call.around = (operation) => {
      const own: Operation = (context) => this.#operate(call, layer, context, operation);
      return around === undefined ? own : around(own);
    };
  }

  exit(): void {}

  /** @internal */
  straight(): StraightHalf {
    const state = this.#switch;
    return { enter: () => !state.started, fail: () => true, turnBack: () => {} };
  }

  #operate(call: Call, layer: number, context: Context, operation: Operation): unknown {
    const { when } = this.#options;
    if (when !== undefined && !isChosen(when(context))) return operation(context);
    const rolls = this.#rolls(call);
    const kinds = rolls.next(this.#switch.rates);
    if (kinds.size === 0) return operation(context);
    const { injections, rates } = this.#switch;
    const about = {
      context,
      options: this.#options,
      kinds,
      random: rolls.random,
      clock: call.time.clock,
      told: (injection: ChaosInjection, what: object): void => {
        injections[injection]++;
        if (call.listening) call.emit({ type: 'chaos', injection, rates, ...what }, layer);
      },
    };
    if (!this.#inClient) return inject(about, () => operation(context));
    standBetween(context, (send) => inject(about, send));
    return operation(context);
  }

  #rolls(call: Call): Rolls {
    const { seed, run } = this.#switch;
    if (this.#random?.run !== run) this.#random = new Rolls(seed, call.publicKey ?? '', run);
    return this.#random as Rolls;
  }

  /** Its state now, as plain JSON. */
  snapshot(): ChaosSnapshot {
    const { seed, rates, injections } = this.#switch;
    const timeLeft = this.#switch.msLeft();
    return { active: this.active, timeLeft, seed, rates, injections: { ...injections } };
  }

  measure(): PolicyMeasures {
    return { chaos: { active: this.active, injections: this.#switch.injections } };
  }

  /** @internal */
  subscribe(emit: (event: EventBody) => void): () => void {
    return this.#isCopy ? () => {} : this.#switch.subscribe(emit);
  }

  /** Stops it, and forgets what was injected. */
  startOver(): void {
    this.#switch.startOver();
  }

  fork(): ChaosPolicy<T, Name> {
    return new ChaosPolicy(this.#options, this.#switch, this.#inClient, true);
  }

  /** @internal */
  get copies(): LateCopies {
    return {
      begin() {},
      end() {},
      fork: () => this.fork(),
      straight: () => this.straight(),
    };
  }

  /** @internal */
  inClient(): ChaosPolicy<T, Name> {
    return new ChaosPolicy(this.#options, this.#switch, true, this.#isCopy);
  }
}

function begin(state: ChaosSwitch, forMs: number): { readonly run: number } {
  state.start(forMs);
  return { run: state.run };
}

function isChosen(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new ContractError(`chaos.when: must answer true or false (got ${typeof answer})`);
}

const KINDS = ['behavior', 'latency', 'fault', 'result'] as const;

function ratesOf({ behavior, latency, faults, results }: ResolvedChaos): ChaosRates {
  const rates: { -readonly [Kind in ChaosInjection]?: number } = {};
  if (behavior !== undefined) rates.behavior = behavior.rate;
  if (latency !== undefined) rates.latency = latency.rate;
  if (faults !== undefined) rates.fault = faults.rate;
  if (results !== undefined) rates.result = results.rate;
  return Object.freeze(rates);
}

/** The random numbers of one policy since it was started: a stream for each kind, and one for the user's functions. */
class Rolls {
  readonly run: number;
  readonly random: () => number;
  readonly #dice: readonly Dice[];

  constructor(seed: number, key: string, run: number) {
    this.run = run;
    this.#dice = KINDS.map((_, i) => new Dice(seed, key, i));
    const own = new Dice(seed, key, KINDS.length);
    this.random = () => own.next();
  }

  /** What to inject into the next attempt. Each kind is drawn by itself, also at rate 0, so no rate shifts another one. */
  next(rates: ChaosRates): ReadonlySet<ChaosInjection> {
    return new Set(
      KINDS.filter((kind, i) => ((this.#dice[i] as Dice).next() < (rates[kind] ?? 0)) as boolean),
    );
  }
}
