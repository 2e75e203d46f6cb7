import type { BreakerState } from '../../pipeline/events.js';
import type { BreakerLog } from './breaker-log.js';
import { count, type Paint, type PaintFormat, seconds, time } from './format.js';
import type { Phase, PhaseName } from './phases.js';
import { lastSecond, SLICE_MS, type Slice, sumSlices, type Tally } from './tally.js';

/** The demo at one moment. */
export interface Moment {
  readonly elapsedMs: number;
  readonly phases: readonly Phase[];
  /** Index of the phase of this moment. */
  readonly phase: number;
  readonly rate: number;
  readonly plain: Tally;
  readonly holdfast: Tally;
  readonly breaker: BreakerLog;
}

/** No chart worth looking at fits into less. */
export const LEAST_WIDTH = 72;
/** How many lines {@link frame} makes. */
export const FRAME_HEIGHT = 19;

const MARGIN = 2;
const LABEL_WIDTH = 14;
const VALUE_WIDTH = 11;
const MAX_CHART_WIDTH = 90;

const PHASE_FORMAT: Readonly<Record<PhaseName, PaintFormat>> = {
  good: 'green',
  slow: 'yellow',
  failing: 'red',
  hanging: 'red',
  recovering: 'cyan',
};

/** The whole view, as lines no wider than `width`. */
export function frame(moment: Moment, width: number, paint: Paint): string[] {
  const page = new Page(moment, width, paint);
  const { plain, holdfast } = moment;
  return [
    page.title(),
    '',
    page.row('upstreams', page.phaseNames()),
    page.row('', page.phaseBar()),
    page.row('', paint('dim', moment.phases[moment.phase]?.what ?? '')),
    '',
    page.side('plain fetch', plain),
    page.rate(plain, 'answered', 'green'),
    page.rate(plain, 'failed', 'red'),
    page.waiting(plain),
    page.requests(plain),
    '',
    page.side('with holdfast', holdfast),
    page.rate(holdfast, 'answered', 'green'),
    page.rate(holdfast, 'degraded', 'yellow', 'fallback'),
    page.rate(holdfast, 'failed', 'red'),
    page.waiting(holdfast),
    page.requests(holdfast),
    page.breaker(),
  ];
}

type Count = 'answered' | 'degraded' | 'failed' | 'sent';

class Page {
  readonly #moment: Moment;
  readonly #paint: Paint;
  readonly #chart: number;
  readonly #totalMs: number;
  readonly #columnMs: number;
  /** Columns whose time is over. */
  readonly #columns: number;

  constructor(moment: Moment, width: number, paint: Paint) {
    this.#moment = moment;
    this.#paint = paint;
    this.#chart = Math.min(MAX_CHART_WIDTH, width - 2 * MARGIN - LABEL_WIDTH - VALUE_WIDTH);
    this.#totalMs = moment.phases.at(-1)?.endMs ?? 1;
    this.#columnMs = this.#totalMs / this.#chart;
    this.#columns = Math.min(this.#chart, Math.floor(moment.elapsedMs / this.#columnMs));
  }

  title(): string {
    const { elapsedMs, rate } = this.#moment;
    const left = `holdfast demo: the same ${count(rate)} calls a second, twice`;
    const right =
      elapsedMs > this.#totalMs
        ? 'the last calls'
        : `${seconds(elapsedMs)} of ${seconds(this.#totalMs)}`;
    const gap = LABEL_WIDTH + this.#chart + VALUE_WIDTH - left.length;
    return `${' '.repeat(MARGIN)}${this.#paint('bold', left)}${right.padStart(gap)}`;
  }

  row(label: string, cells: string): string {
    return `${' '.repeat(MARGIN)}${label.padEnd(LABEL_WIDTH)}${cells}`;
  }

  /** The heading of a side, with the longest wait of the last second. */
  side(name: string, tally: Tally): string {
    const { elapsedMs } = this.#moment;
    const longest = tally.longestWait(elapsedMs - 1_000, elapsedMs);
    const text = longest === 0 ? '' : `callers wait up to ${time(longest)}`;
    const label = name.padEnd(text === '' ? 0 : LABEL_WIDTH);
    return `${' '.repeat(MARGIN)}${this.#paint('bold', label)}${text}`;
  }

  /** How often something happens, where full height is the rate of the calls. */
  rate(tally: Tally, what: Count, format: PaintFormat, label: string = what): string {
    return this.#rate(tally, what, format, label, this.#moment.rate);
  }

  /** Requests, where full height is the highest rate on either side: retries come on top of the calls. */
  requests(tally: Tally): string {
    const { plain, holdfast, rate } = this.#moment;
    let most = rate;
    for (const { slices } of [plain, holdfast]) {
      for (let column = 0; column < this.#columns; column += 1) {
        const [from, to] = this.#span(column);
        most = Math.max(most, (sumSlices(slices, from, to).sent * 1_000) / (to - from));
      }
    }
    return this.#rate(tally, 'sent', 'magenta', 'requests', most);
  }

  #rate(tally: Tally, what: Count, format: PaintFormat, label: string, full: number): string {
    const { elapsedMs } = this.#moment;
    // Once no more calls are made, how often is no news.
    const over = elapsedMs > this.#totalMs + 1_000;
    const now = over ? '' : `${count(lastSecond(tally.slices, elapsedMs)[what])}/s`;
    const level = (slice: Slice, ms: number): number => slice[what] / ((full * ms) / 1_000);
    return this.#bars(tally, label, now, format, level);
  }

  /** How many callers wait, where full height is the most that ever did on either side. */
  waiting(tally: Tally): string {
    const { plain, holdfast } = this.#moment;
    const most = Math.max(plain.maxWaiting, holdfast.maxWaiting, 1);
    const level = (slice: Slice): number => slice.waiting / most;
    return this.#bars(tally, 'waiting', count(tally.waiting), 'cyan', level);
  }

  breaker(): string {
    const { breaker } = this.#moment;
    let cells = '';
    for (let column = 0; column < this.#columns; column += 1) {
      const from = column * this.#columnMs;
      const timeIn = (state: BreakerState): number =>
        breaker.timeIn(state, from, from + this.#columnMs);
      // Half-open is short, and the turning point: it is shown however short it was.
      if (timeIn('half_open') > 0) cells += this.#paint('yellow', '╍');
      else if (timeIn('open') > this.#columnMs / 2) cells += this.#paint('red', '━');
      else cells += this.#paint('green', '─');
    }
    const state = breaker.state.replace('_', '-');
    return this.#valued('breaker', cells, this.#columns, state);
  }

  phaseNames(): string {
    let text = '';
    let length = 0;
    this.#moment.phases.forEach(({ name, startMs }, index) => {
      const start = Math.round(startMs / this.#columnMs);
      text += ' '.repeat(Math.max(0, start - length));
      text += this.#paint(index === this.#moment.phase ? 'bold' : 'dim', name);
      length = Math.max(start, length) + name.length;
    });
    return text;
  }

  phaseBar(): string {
    let text = '';
    for (const { name, startMs, endMs } of this.#moment.phases) {
      const from = Math.round(startMs / this.#columnMs);
      const to = Math.round(endMs / this.#columnMs);
      const past = Math.max(0, Math.min(to, this.#columns) - from);
      text += this.#paint(PHASE_FORMAT[name], '━'.repeat(past));
      text += this.#paint('dim', '─'.repeat(to - from - past));
    }
    return text;
  }

  #bars(
    tally: Tally,
    label: string,
    value: string,
    format: PaintFormat,
    level: (slice: Slice, ms: number) => number,
  ): string {
    let cells = '';
    for (let column = 0; column < this.#columns; column += 1) {
      const [from, to] = this.#span(column);
      cells += bar(level(sumSlices(tally.slices, from, to), to - from));
    }
    return this.#valued(label, this.#paint(format, cells), cells.length, value);
  }

  /** The slices of a column. Their widths differ: a slice belongs to the column it begins in. */
  #span(column: number): [fromMs: number, toMs: number] {
    const from = Math.ceil((column * this.#columnMs) / SLICE_MS) * SLICE_MS;
    const to = Math.ceil(((column + 1) * this.#columnMs) / SLICE_MS) * SLICE_MS;
    return to > from ? [from, to] : [from - SLICE_MS, from];
  }

  #valued(label: string, cells: string, length: number, value: string): string {
    const gap = ' '.repeat(this.#chart - length);
    return this.row(`  ${label}`, `${cells}${gap}${value.padStart(VALUE_WIDTH)}`);
  }
}

const BARS = ' ▁▂▃▄▅▆▇█';

function bar(level: number): string {
  const height = level <= 0 ? 0 : Math.min(8, Math.max(1, Math.round(level * 8)));
  return BARS[height] as string;
}
