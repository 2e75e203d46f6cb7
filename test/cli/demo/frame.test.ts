import { describe, expect, it } from 'vitest';
import { BreakerLog } from '../../../src/cli/demo/breaker-log.js';
import { noPaint } from '../../../src/cli/demo/format.js';
import { FRAME_HEIGHT, frame, LEAST_WIDTH, type Moment } from '../../../src/cli/demo/frame.js';
import { phaseIndexAt, phasesOf } from '../../../src/cli/demo/phases.js';
import { Tally } from '../../../src/cli/demo/tally.js';

/** A run in which plain calls hang from 10 s on and the others are answered by the fallback. */
function momentAt(elapsedMs: number, rate = 100, totalMs = 18_000): Moment {
  const [plain, holdfast] = [new Tally(), new Tally()];
  const breaker = new BreakerLog();
  if (elapsedMs >= 10_000) breaker.add({ atMs: 10_000, to: 'open' });
  if (elapsedMs >= 11_000) breaker.add({ atMs: 11_000, to: 'half_open' });
  const last = Math.min(elapsedMs, totalMs);
  for (let ms = 0; ms < last; ms += 1_000 / rate) {
    const [one, two] = [plain.begin(ms), holdfast.begin(ms)];
    plain.send(ms);
    if (ms < 10_000) {
      holdfast.send(ms);
      plain.end(one, 'answered', ms);
      holdfast.end(two, 'answered', ms);
    } else holdfast.end(two, 'degraded', ms);
  }
  for (const tally of [plain, holdfast]) tally.tick(elapsedMs);
  const phases = phasesOf(totalMs);
  return {
    elapsedMs,
    phases,
    phase: phaseIndexAt(phases, elapsedMs),
    rate,
    plain,
    holdfast,
    breaker,
  };
}

describe('frame', () => {
  it('shows what became of the calls below the phases they fell into', () => {
    expect(frame(momentAt(12_000), 80, noPaint).join('\n')).toMatchInlineSnapshot(`
      "  holdfast demo: the same 100 calls a second, twice           12.0 s of 18.0 s

        upstreams     good     slow    failing    hanging     recovering
                      ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─────────────────
                      accepts requests and never answers

        plain fetch   callers wait up to 2.00 s
          answered    ████████████████████████████▂                              0/s
          failed                                                                 0/s
          waiting     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▄▅▇█                         200
          requests    ██████████████████████████████████                       100/s

        with holdfast
          answered    ████████████████████████████▂                              0/s
          fallback                                ▆█████                       100/s
          failed                                                                 0/s
          waiting     ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁                           0
          requests    ████████████████████████████▂                              0/s
          breaker     ────────────────────────────━━━╍╍╍                   half-open"
    `);
  });

  it('fits the width and height it promises, at every moment, rate and length', () => {
    for (const width of [LEAST_WIDTH, 80, 120, 300]) {
      for (const [rate, totalMs] of [
        [1, 2_000],
        [100, 18_000],
        [1_000, 2_000],
        [1_000, 60_000],
      ] as const) {
        for (const elapsedMs of [0, 50, 1_234, totalMs - 1, totalMs, totalMs + 2_000]) {
          const lines = frame(momentAt(elapsedMs, rate, totalMs), width, noPaint);
          expect(lines).toHaveLength(FRAME_HEIGHT);
          for (const line of lines) expect(line.length).toBeLessThan(width);
        }
      }
    }
  });

  it('marks an open breaker', () => {
    const line = frame(momentAt(11_500), 80, noPaint).at(-1);
    expect(line).toMatch(/^ {4}breaker +─+━+╍+ +half-open$/);
  });

  it('says nothing of rates when no more calls are made', () => {
    const text = frame(momentAt(19_900), 80, noPaint).join('\n');
    expect(text).toContain('the last calls');
    expect(text).not.toContain('/s');
  });
});
