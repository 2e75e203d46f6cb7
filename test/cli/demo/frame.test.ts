import { describe, expect, it } from 'vitest';
import { noPaint } from '../../../src/cli/demo/format.js';
import { FRAME_HEIGHT, frame, LEAST_WIDTH } from '../../../src/cli/demo/frame.js';
import { firstMoment, momentAt } from './moments.js';

describe('frame', () => {
  it('shows the three sides below each other, on one time axis', () => {
    expect(frame(momentAt(14_500), 60, noPaint).join('\n')).toMatchInlineSnapshot(`
      " holdfast demo: 100 calls/s, 3 ways        14.5 s of 17.0 s

       upstreams        slow good again  503s good      
                     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━──────
                     no answer fails any more

       fetch         back after 3.0 s, then back after 0.0 s
         answered    ███           ▅████▃    ▃████          100/s
         requests    ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂          100/s
         queue          ▆▆▆▆▆▆▄▄▄▄▄▄                            0

       naive retries never, then not back yet
         answered    ███                                      0/s
         requests    ▂▂▂██████████████████████████          400/s
         queue          ██████████████████████████         85,234

       holdfast      back after 0.0 s, then back after 0.4 s
         answered    ███     ▆██████████▃     ▅███          100/s
         requests    ▂▂▂▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂          100/s
         queue       ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁              3"
    `);
  });

  it('has longer charts where there is room', () => {
    expect(frame(momentAt(14_500), 80, noPaint).join('\n')).toMatchInlineSnapshot(`
      " holdfast demo: 100 calls/s, 3 ways                            14.5 s of 17.0 s

       upstreams     good slow    good again        503s    good            
                     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━─────────
                     no answer fails any more

       fetch         back after 3.0 s, then back after 0.0 s
         answered    ████▅                 ▄███████▅       ▂███████             100/s
         requests    ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂             100/s
         queue           ▆▆▆▆▆▆▆▆▆▄▄▄▄▄▄▄▄▄▄                                        0

       naive retries never, then not back yet
         answered    ████▅                                                        0/s
         requests    ▂▂▂▂▄█████████████████████████████████████████             400/s
         queue           ██████████████████████████████████████████            85,234

       holdfast      back after 0.0 s, then back after 0.4 s
         answered    ████▅       ▂█████████████████▅         ██████             100/s
         requests    ▂▂▂▂▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂             100/s
         queue       ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁                 3"
    `);
  });

  it('says before all else that the upstreams start', () => {
    const text = frame(firstMoment(), 60, noPaint).join('\n');
    expect(text).toContain('starting');
    expect(text).toContain('3 servers start');
    expect(text).not.toContain('━');
  });

  it('fits the width and height it promises, at every moment, rate and length', () => {
    for (const width of [LEAST_WIDTH, 80, 120, 300]) {
      for (const [rate, totalMs] of [
        [50, 4_000],
        [100, 17_000],
        [1_000, 4_000],
        [1_000, 30_000],
        [50, 600_000],
      ] as const) {
        const moments = [0, 50, 1_234, totalMs / 2, totalMs - 1, totalMs, totalMs + 1_000];
        for (const moment of [
          firstMoment(),
          ...moments.map((ms) => momentAt(ms, rate, totalMs)),
          // Each phase says something of its own.
          ...momentAt(0, rate, totalMs).phases.map(({ endMs }) =>
            momentAt(endMs - 1, rate, totalMs),
          ),
        ]) {
          const lines = frame(moment, width, noPaint);
          expect(lines).toHaveLength(FRAME_HEIGHT);
          for (const line of lines) expect(line.length).toBeLessThan(width);
        }
      }
    }
  });

  it('tells what came of a trigger as soon as it is known', () => {
    const headings = (ms: number): string[] =>
      [6, 11, 16].map((line) => frame(momentAt(ms), 80, noPaint)[line]?.trim() ?? '');
    expect(headings(3_900)).toEqual(['fetch', 'naive retries', 'holdfast']);
    expect(headings(5_100)).toEqual([
      'fetch         not back yet',
      'naive retries not back yet',
      'holdfast      back after 0.0 s',
    ]);
    expect(headings(18_000)).toEqual([
      'fetch         back after 3.0 s, then back after 0.0 s',
      'naive retries never, then never',
      'holdfast      back after 0.0 s, then back after 0.4 s',
    ]);
  });

  it('says nothing of rates when no more calls are made', () => {
    const text = frame(momentAt(17_900), 80, noPaint).join('\n');
    expect(text).toContain('the last calls');
    expect(text).not.toContain('/s\n');
  });
});
