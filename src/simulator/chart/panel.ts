import { xml } from './xml.js';

/** Where a panel is, and what its axes mean. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The end of the horizontal axis, in seconds. */
  readonly seconds: number;
  /** The end of the vertical axis. */
  readonly end: number;
}

/** One list of numbers, one for each second. */
export interface Line {
  /** `hf-...` */
  readonly kind: string;
  readonly values: readonly (number | null)[];
  readonly filled: boolean;
}

/** Draws a rectangle with a scale, a title and lines. */
export function panel(
  frame: Frame,
  title: string,
  endText: string,
  lines: readonly Line[],
): string {
  const { left, top, width, height } = frame;
  const bottom = top + height;
  const horizontal = (y: number): string =>
    `<path class="hf-grid" d="M${left} ${y}H${left + width}"/>`;
  return [
    `<text class="hf-label" x="${left}" y="${top - 6}">${xml(title)}</text>`,
    horizontal(top),
    horizontal(bottom),
    `<text x="${left - 5}" y="${top + 4}" text-anchor="end">${xml(endText)}</text>`,
    `<text x="${left - 5}" y="${bottom + 4}" text-anchor="end">0</text>`,
    ...lines.map((line) => drawn(frame, line)),
  ].join('\n');
}

function drawn(frame: Frame, { kind, values, filled }: Line): string {
  const runs = unbroken(frame, values);
  const line = runs.map((points) => `M${points.join('L')}`).join('');
  if (!filled) return `<path class="${kind}" d="${line}"/>`;
  const bottom = frame.top + frame.height;
  const area = runs
    .map((points) => {
      const [first = '', last = ''] = [points[0], points.at(-1)].map(
        (point) => point?.split(' ')[0],
      );
      return `M${first} ${bottom}L${points.join('L')}L${last} ${bottom}Z`;
    })
    .join('');
  return `<path class="hf-area ${kind}" d="${area}"/><path class="hf-line ${kind}" d="${line}"/>`;
}

/** The points of a line, `x y` each. Missing numbers break it into pieces. A number stands in the middle of its second. */
function unbroken(frame: Frame, values: readonly (number | null)[]): string[][] {
  const pieces: string[][] = [];
  let piece: string[] = [];
  values.forEach((value, i) => {
    if (value === null) {
      piece = [];
      return;
    }
    if (piece.length === 0) pieces.push(piece);
    const x = frame.left + ((i + 0.5) / frame.seconds) * frame.width;
    const y = frame.top + (1 - Math.min(1, value / frame.end)) * frame.height;
    piece.push(`${round(x)} ${round(y)}`);
  });
  return pieces;
}

/** Coordinates to a tenth of a point. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
