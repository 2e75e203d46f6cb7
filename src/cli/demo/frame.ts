import { bars, highest, type Level, TimeAxis } from './chart.js';
import { backAfter, count, type Paint, type PaintFormat, percent, seconds } from './format.js';
import type { Phase } from './phases.js';
import { type Recovery, recoveriesOf } from './recovery.js';
import type { Entrant } from './result.js';
import { lastSecond, type Tally } from './tally.js';
import { LIMIT_MS } from './ways.js';

/** The demo at one moment. */
export interface Moment {
  /** `undefined` while the upstreams are starting. */
  readonly elapsedMs: number | undefined;
  readonly phases: readonly Phase[];
  /** Index of the phase of this moment. */
  readonly phase: number;
  readonly rate: number;
  readonly sides: readonly Entrant[];
}

/** A useful chart needs at least this width. */
export const LEAST_WIDTH = 60;
/** How many lines {@link frame} makes for three sides. */
export const FRAME_HEIGHT = 20;

const LABEL_WIDTH = 14;
const VALUE_WIDTH = 9;
const MAX_CHART_WIDTH = 90;
/** The full height of the queue's chart, in seconds of calls. Callers wait for 1 s: in a queue longer than that they wait in vain. */
const QUEUE_SECONDS = 2;

const ANSWERED: Level = (slice, ms) => (slice.answered * 1_000) / ms;
const SENT: Level = (slice, ms) => (slice.sent * 1_000) / ms;
const QUEUED: Level = (slice) => slice.queued;

/** Draws the whole view, as lines narrower than `width`. The sides are one below the other, on one time axis. */
export function frame(moment: Moment, width: number, paint: Paint): string[] {
  const page = new Page(moment, width, paint);
  return [
    page.title(),
    '',
    page.row('upstreams', page.phaseNames()),
    page.row('', page.phaseBar()),
    page.row('', paint('dim', page.what())),
    ...moment.sides.flatMap((side) => ['', ...page.side(side)]),
  ];
}

class Page {
  readonly #moment: Moment;
  readonly #elapsedMs: number;
  readonly #paint: Paint;
  readonly #totalMs: number;
  readonly #axis: TimeAxis;

  constructor(moment: Moment, width: number, paint: Paint) {
    this.#moment = moment;
    this.#elapsedMs = moment.elapsedMs ?? 0;
    this.#paint = paint;
    this.#totalMs = moment.phases.at(-1)?.endMs ?? 1;
    const room = width - 2 - LABEL_WIDTH - VALUE_WIDTH;
    this.#axis = new TimeAxis(this.#totalMs, Math.min(MAX_CHART_WIDTH, room));
  }

  title(): string {
    const { elapsedMs, rate, sides } = this.#moment;
    const left = `holdfast demo: ${count(rate)} calls/s, ${sides.length} ways`;
    const right =
      elapsedMs === undefined
        ? 'starting'
        : elapsedMs > this.#totalMs
          ? 'the last calls'
          : `${seconds(elapsedMs)} of ${seconds(this.#totalMs)}`;
    const room = LABEL_WIDTH + this.#axis.columns + VALUE_WIDTH - left.length;
    return ` ${this.#paint('bold', left)}${right.padStart(room)}`;
  }

  what(): string {
    const { elapsedMs, phases, phase, sides } = this.#moment;
    return elapsedMs === undefined
      ? `${sides.length} servers start, each a process`
      : (phases[phase]?.what ?? '');
  }

  row(label: string, cells: string, format?: PaintFormat): string {
    const padded = label.padEnd(LABEL_WIDTH);
    return ` ${format === undefined ? padded : this.#paint(format, padded)}${cells}`;
  }

  /** Each name above its phase, where there is room for it. */
  phaseNames(): string {
    return this.#moment.phases
      .map(({ name, startMs, endMs }, index) => {
        const columns = this.#axis.columnAt(endMs) - this.#axis.columnAt(startMs);
        const shown = name.length < columns || endMs === this.#totalMs ? name : '';
        const format = index === this.#moment.phase ? 'bold' : 'dim';
        return this.#paint(format, shown) + ' '.repeat(Math.max(0, columns - shown.length));
      })
      .join('');
  }

  phaseBar(): string {
    let text = '';
    for (const { trigger, startMs, endMs } of this.#moment.phases) {
      const [from, to] = [this.#axis.columnAt(startMs), this.#axis.columnAt(endMs)];
      const past = Math.max(0, Math.min(to, this.#axis.past(this.#elapsedMs)) - from);
      text += this.#paint(trigger === undefined ? 'green' : 'red', '━'.repeat(past));
      text += this.#paint('dim', '─'.repeat(to - from - past));
    }
    return text;
  }

  side({ name, tally }: Entrant): string[] {
    const { rate, phases } = this.#moment;
    const recoveries = recoveriesOf(phases, tally.slices, this.#elapsedMs, LIMIT_MS);
    const words = recoveries.map((recovery) => this.#recovery(recovery)).filter(Boolean);
    const now = lastSecond(tally.slices, this.#elapsedMs);
    // Once no more calls are made, show totals in place of rates.
    const over = this.#elapsedMs > this.#totalMs;
    const answers = over ? percent(tally.answered, tally.calls) : `${count(now.answered)}/s`;
    const requests = over ? count(tally.sent) : `${count(now.sent)}/s`;
    return [
      this.row(name, words.join(', then '), 'bold'),
      this.#chart(tally, 'answered', 'green', ANSWERED, rate, answers),
      this.#chart(tally, 'requests', 'magenta', SENT, this.#most(SENT, rate), requests),
      this.#chart(tally, 'queue', 'cyan', QUEUED, QUEUE_SECONDS * rate, count(tally.queued)),
    ];
  }

  /** The highest column on any side. */
  #most(level: Level, least: number): number {
    const highestOf = ({ tally }: Entrant): number =>
      highest(tally.slices, this.#axis, this.#elapsedMs, level);
    return Math.max(least, ...this.#moment.sides.map(highestOf));
  }

  #chart(
    { slices }: Tally,
    label: string,
    format: PaintFormat,
    level: Level,
    full: number,
    value: string,
  ): string {
    const cells = bars(slices, this.#axis, this.#elapsedMs, level, full);
    const gap = ' '.repeat(this.#axis.columns - cells.length);
    return this.row(
      `  ${label}`,
      `${this.#paint(format, cells)}${gap}${value.padStart(VALUE_WIDTH)}`,
    );
  }

  /** Says how the side came back from a trigger. Empty until the trigger is over. */
  #recovery(recovery: Recovery): string {
    switch (recovery.state) {
      case 'ahead':
        return '';
      case 'away':
        return this.#paint('yellow', 'not back yet');
      case 'back':
        return this.#paint('green', `back after ${backAfter(recovery)}`);
      case 'never':
        return this.#paint('red', 'never');
      case 'unknown':
        return this.#paint('yellow', '?');
    }
  }
}
