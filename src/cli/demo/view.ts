import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { count, noPaint, type Paint, seconds } from './format.js';
import { FRAME_HEIGHT, frame, LEAST_WIDTH, type Moment } from './frame.js';
import { lastSecond } from './tally.js';

/** Shows the demo while it runs. */
export interface View {
  show(moment: Moment): void;
  /** The last moment stays on the screen, and whatever was changed about the terminal is undone. */
  end(): void;
}

/** What of a stream the views use. */
export type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<WriteStream>;

/** A redrawn view for a terminal that has room for one, plain lines otherwise. */
export function viewFor(output: Output, dumb: boolean): View {
  const fits =
    output.isTTY === true &&
    !dumb &&
    (output.columns ?? 0) >= LEAST_WIDTH &&
    (output.rows ?? 0) > FRAME_HEIGHT + 1;
  return fits ? new ScreenView(output) : new LinesView(output);
}

/** Colours when the terminal has them. `hasColors` knows NO_COLOR, FORCE_COLOR and the terminal's kind. */
export function paintFor(output: Output): Paint {
  if (output.isTTY !== true || output.hasColors?.() !== true) return noPaint;
  return (format, text) => (text === '' ? '' : styleText(format, text));
}

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const CLEAR_LINE_END = `${ESC}K`;
const CLEAR_SCREEN = `${ESC}2J${ESC}H`;

/** Draws each moment over the one before. */
export class ScreenView implements View {
  readonly #output: Output;
  readonly #paint: Paint;
  readonly #showCursor = (): void => {
    this.#output.write(SHOW_CURSOR);
  };
  #height = 0;
  #width = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#paint = paintFor(output);
    output.write(`${HIDE_CURSOR}\n`);
    // However the process ends, a terminal without a cursor must not stay behind.
    process.once('exit', this.#showCursor);
  }

  show(moment: Moment): void {
    const width = this.#output.columns ?? LEAST_WIDTH;
    const lines = frame(moment, Math.max(width, LEAST_WIDTH), this.#paint);
    // The return: an echoed ^C moves the cursor. In a terminal of another width the old lines may be wrapped, and nobody knows where they begin.
    const resized = this.#height > 0 && width !== this.#width;
    const home = this.#height === 0 ? '' : resized ? CLEAR_SCREEN : `\r${ESC}${this.#height}A`;
    this.#output.write(home + lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join(''));
    this.#height = lines.length;
    this.#width = width;
  }

  end(): void {
    process.off('exit', this.#showCursor);
    this.#output.write(`${SHOW_CURSOR}\n`);
  }
}

/** A line a second, and one for each phase: for logs and pipes. */
export class LinesView implements View {
  readonly #output: Output;
  #phase = -1;
  #nextMs = 1_000;

  constructor(output: Output) {
    this.#output = output;
  }

  show(moment: Moment): void {
    const { phases, phase, elapsedMs } = moment;
    if (this.#phase === -1) this.#write(...headLines(moment.rate));
    while (this.#phase < phase) {
      this.#phase += 1;
      const { name, what, startMs } = phases[this.#phase] as Moment['phases'][number];
      this.#write(`${seconds(startMs).padStart(9)} | ${name}: each upstream ${what}`);
    }
    if (elapsedMs < this.#nextMs) return;
    this.#write(secondLine(moment));
    this.#nextMs = (Math.floor(elapsedMs / 1_000) + 1) * 1_000;
  }

  end(): void {
    this.#write('');
  }

  #write(...lines: string[]): void {
    for (const line of lines) this.#output.write(`${line}\n`);
  }
}

function headLines(rate: number): string[] {
  return [
    `holdfast demo: the same ${count(rate)} calls a second, twice; what became of them in each second`,
    '',
    '          |        plain fetch        |              with holdfast',
    '     time | answered  failed  waiting | answered  fallback  failed  waiting  breaker',
  ];
}

function secondLine({ elapsedMs, plain, holdfast, breaker }: Moment): string {
  const one = lastSecond(plain.slices, elapsedMs);
  const two = lastSecond(holdfast.slices, elapsedMs);
  const cells = (...values: [number, number][]): string =>
    values.map(([value, width]) => count(value).padStart(width)).join('');
  const left = cells([one.answered, 9], [one.failed, 8], [plain.waiting, 9]);
  const right = cells(
    [two.answered, 9],
    [two.degraded, 10],
    [two.failed, 8],
    [holdfast.waiting, 9],
  );
  return `${`${Math.floor(elapsedMs / 1_000)} s`.padStart(9)} |${left} |${right}  ${breaker.state.replace('_', '-')}`;
}
