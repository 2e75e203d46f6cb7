import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { noPaint, type Paint } from './format.js';
import type { Moment } from './frame.js';

/** Shows the demo while it runs. */
export interface View {
  show(moment: Moment): void;
  /** Leaves the last moment on the screen, and undoes all changes to the terminal. */
  end(): void;
}

/** The part of a stream that the views use. */
export type Output = Pick<NodeJS.WriteStream, 'write'> & Partial<WriteStream>;

/** Colours when the terminal has them. `hasColors` knows NO_COLOR, FORCE_COLOR and the terminal's kind. */
export function paintFor(output: Output): Paint {
  if (output.isTTY !== true || output.hasColors?.() !== true) return noPaint;
  return (format, text) => (text === '' ? '' : styleText(format, text));
}
