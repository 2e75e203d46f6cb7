import type { Paint } from './format.js';
import { frame, LEAST_WIDTH, type Moment } from './frame.js';
import { type Output, paintFor, type View } from './output.js';

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
    // Shows the cursor again, however the process ends.
    process.once('exit', this.#showCursor);
  }

  show(moment: Moment): void {
    const width = this.#output.columns ?? LEAST_WIDTH;
    const lines = frame(moment, Math.max(width, LEAST_WIDTH), this.#paint);
    // The carriage return is there because an echoed ^C moves the cursor. After a resize the old lines may be wrapped. Then their beginning is unknown.
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
