import { FRAME_HEIGHT, LEAST_WIDTH } from './frame.js';
import { LinesView } from './lines-view.js';
import type { Output, View } from './output.js';
import { ScreenView } from './screen-view.js';

/** Picks a redrawn view for a terminal that has room for it, and plain lines otherwise. */
export function viewFor(output: Output, dumb: boolean): View {
  const fits =
    output.isTTY === true &&
    !dumb &&
    (output.columns ?? 0) >= LEAST_WIDTH &&
    (output.rows ?? 0) > FRAME_HEIGHT + 1;
  return fits ? new ScreenView(output) : new LinesView(output);
}
