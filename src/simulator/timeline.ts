import type { ResolvedScenario, ResolvedTrigger } from './scenario.js';
import { SLICE_MS } from './tally.js';

/** A trigger of one run, with its real end. */
export type Spell<T extends ResolvedTrigger = ResolvedTrigger> = T & {
  readonly startMs: number;
  readonly endMs: number;
};

/**
 * Makes the triggers of a run. The seed makes each one longer or shorter by up to `varies`. A fixed length would flatter or
 * punish set-ups that wait for a fixed time.
 *
 * @param chance Returns a number >= 0 and < 1. Called once for each trigger that varies.
 */
export function spellsOf({ triggers }: ResolvedScenario, chance: () => number): Spell[] {
  return triggers.map((trigger) => {
    const { at, lasts = Infinity, varies } = trigger;
    const spread = varies === 0 ? 0 : varies * (2 * chance() - 1);
    const endMs = Math.ceil((at + lasts + spread) / SLICE_MS) * SLICE_MS;
    return { ...trigger, startMs: at, endMs };
  });
}

/** When a trigger is over. A restart goes from one server to the next, and a pause may come again. */
export function endOf(spell: Spell, servers: number): number {
  const { kind, startMs, endMs } = spell;
  if (kind === 'pause') return endMs + (spell.times - 1) * (spell.every ?? 0);
  return kind === 'restart' ? startMs + (endMs - startMs) * (spell.servers ?? servers) : endMs;
}

/** When the first trigger begins, and when the last one that ends has ended. `undefined` if there are no triggers. */
export function troubleOf(
  spells: readonly Spell[],
  servers: number,
): { readonly startMs: number; readonly endMs: number } | undefined {
  if (spells.length === 0) return undefined;
  const startMs = Math.min(...spells.map((spell) => spell.startMs));
  const ends = spells.map((spell) => endOf(spell, servers));
  // A trigger that lasts for good is over as soon as it has begun. From then on it is the normal state.
  const endMs = Math.max(
    ...ends.map((end, i) => (end === Infinity ? (spells[i] as Spell).startMs : end)),
  );
  return { startMs, endMs };
}
