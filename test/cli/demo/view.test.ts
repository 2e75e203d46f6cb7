import { afterEach, describe, expect, it } from 'vitest';
import { FRAME_HEIGHT, LEAST_WIDTH } from '../../../src/cli/demo/frame.js';
import { LinesView } from '../../../src/cli/demo/lines-view.js';
import { type Output, paintFor, type View } from '../../../src/cli/demo/output.js';
import { ScreenView } from '../../../src/cli/demo/screen-view.js';
import { viewFor } from '../../../src/cli/demo/view.js';
import { firstMoment, momentAt } from './moments.js';

class FakeTerminal {
  text = '';
  isTTY = true;
  columns = 80;
  rows = 24;
  colors = false;
  write(text: string): boolean {
    this.text += text;
    return true;
  }
  hasColors(): boolean {
    return this.colors;
  }
}

const terminal = (change: Partial<FakeTerminal> = {}) =>
  Object.assign(new FakeTerminal(), change) as FakeTerminal & Output;

const views: View[] = [];
function screen(output: Output): View {
  const view = new ScreenView(output);
  views.push(view);
  return view;
}
afterEach(() => {
  for (const view of views.splice(0)) view.end();
});

describe('viewFor', () => {
  it('is redrawn only where there is a terminal with room for it', () => {
    const kind = (change: Partial<FakeTerminal>, dumb = false): string => {
      const view = viewFor(terminal(change), dumb);
      views.push(view);
      return view.constructor.name;
    };
    expect(kind({})).toBe('ScreenView');
    expect(kind({ isTTY: false })).toBe('LinesView');
    expect(kind({ columns: LEAST_WIDTH })).toBe('ScreenView');
    expect(kind({ columns: LEAST_WIDTH - 1 })).toBe('LinesView');
    expect(kind({ rows: FRAME_HEIGHT })).toBe('LinesView');
    expect(kind({}, true)).toBe('LinesView');
  });
});

describe('paintFor', () => {
  it('paints where the terminal has colours, and nowhere else', () => {
    expect(paintFor(terminal({ colors: true }))('dim', '')).toBe('');
    expect(paintFor(terminal({ colors: true }))('red', 'x')).toContain('x');
    for (const change of [{ colors: false }, { colors: true, isTTY: false }]) {
      expect(paintFor(terminal(change))('red', 'x')).toBe('x');
    }
  });
});

describe('ScreenView', () => {
  it('hides the cursor while it draws, and gives it back', () => {
    const output = terminal();
    const before = process.listenerCount('exit');
    const view = screen(output);
    expect(output.text).toBe('\u001b[?25l\n');
    expect(process.listenerCount('exit')).toBe(before + 1);
    views.pop()?.end();
    expect(output.text.endsWith('\u001b[?25h\n')).toBe(true);
    expect(process.listenerCount('exit')).toBe(before);
    expect(view).toBeDefined();
  });

  it('draws each moment over the one before', () => {
    const output = terminal();
    const view = screen(output);
    view.show(momentAt(0));
    expect(output.text).not.toContain(`\u001b[${FRAME_HEIGHT}A`);
    output.text = '';
    view.show(momentAt(500));
    expect(output.text.startsWith(`\r\u001b[${FRAME_HEIGHT}A`)).toBe(true);
    expect(output.text.split('\u001b[K\n')).toHaveLength(FRAME_HEIGHT + 1);
  });

  it('starts afresh in a terminal of another width', () => {
    const output = terminal();
    const view = screen(output);
    view.show(momentAt(0));
    output.columns = 100;
    output.text = '';
    view.show(momentAt(100));
    expect(output.text.startsWith('\u001b[2J\u001b[H')).toBe(true);
    output.text = '';
    view.show(momentAt(200));
    expect(output.text.startsWith('\r\u001b[')).toBe(true);
  });
});

describe('LinesView', () => {
  it('has a line for each phase and one for each second, in 60 columns', () => {
    const output = terminal({ isTTY: false });
    const view = new LinesView(output);
    view.show(firstMoment());
    expect(output.text).toContain('answers   sent');
    for (let ms = 0; ms <= 18_000; ms += 100) view.show(momentAt(ms, 1_000));
    view.end();
    const lines = output.text.split('\n');
    expect(
      lines.filter((line) => /^\d+\.\d s, (?:good|slow|good again|503s): /.test(line)),
    ).toHaveLength(5);
    expect(lines.filter((line) => /^ +\d+ s \|/.test(line))).toHaveLength(18);
    expect(lines).toContain('  3 s |       0  1,000 |       0  4,000 |       0    200');
    for (const line of lines) expect(line.length).toBeLessThan(60);
  });

  it('leaves out seconds in which it was not asked', () => {
    const output = terminal({ isTTY: false });
    const view = new LinesView(output);
    for (const ms of [0, 1_050, 3_700, 3_800, 4_000]) view.show(momentAt(ms));
    expect(output.text.match(/^ +\d+ s \|/gm)?.map((line) => line.trim())).toEqual([
      '1 s |',
      '3 s |',
      '4 s |',
    ]);
  });
});
