import type { ResolvedScenario, Trigger } from './scenario.js';
import { SLICE_MS } from './tally.js';

/** A trigger of one run: with its real end. */
export type Spell<T extends Trigger = Trigger> = T & {
  readonly startMs: number;
  readonly endMs: number;
};

/**
 * The triggers of a run. How long each lasts is spread with the seed, by up to `varies` either way: a fixed length flatters or
 * punishes whoever waits for a fixed time.
 *
 * @param chance 0 <= number < 1, asked once for each trigger that varies.
 */
export function spellsOf({ triggers }: ResolvedScenario, chance: () => number): Spell[] {
  return triggers.map((trigger) => {
    const { at, lasts = Infinity, varies } = trigger;
    const spread = varies === 0 ? 0 : varies * (2 * chance() - 1);
    const endMs = Math.ceil((at + lasts + spread) / SLICE_MS) * SLICE_MS;
    return { ...trigger, startMs: at, endMs };
  });
}

/** When a trigger is over: a restart goes from one server to the next. */
export function endOf(spell: Spell, servers: number): number {
  const { kind, startMs, endMs } = spell;
  return kind === 'restart' ? startMs + (endMs - startMs) * (spell.servers ?? servers) : endMs;
}

/** When the first trigger begins and the last one that ends has ended; `undefined` where there is none. */
export function troubleOf(
  spells: readonly Spell[],
  servers: number,
): { readonly startMs: number; readonly endMs: number } | undefined {
  if (spells.length === 0) return undefined;
  const startMs = Math.min(...spells.map((spell) => spell.startMs));
  const ends = spells.map((spell) => endOf(spell, servers));
  // What lasts for good is over as soon as it has begun: from then on it is the state of things.
  const endMs = Math.max(
    ...ends.map((end, i) => (end === Infinity ? (spells[i] as Spell).startMs : end)),
  );
  return { startMs, endMs };
}
