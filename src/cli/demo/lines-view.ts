import { count, seconds } from './format.js';
import type { Moment } from './frame.js';
import type { Output, View } from './output.js';
import { lastSecond } from './tally.js';

const TIME_WIDTH = 5;
const SIDE_WIDTH = 16;

/** Prints a line each second, and one for each phase, in less than 60 columns. For logs and pipes. */
export class LinesView implements View {
  readonly #output: Output;
  #headed = false;
  #phase = -1;
  #nextMs = 1_000;

  constructor(output: Output) {
    this.#output = output;
  }

  show(moment: Moment): void {
    if (!this.#headed) this.#write(...headLines(moment));
    this.#headed = true;
    const { phases, phase, elapsedMs } = moment;
    if (elapsedMs === undefined) return;
    while (this.#phase < phase) {
      this.#phase += 1;
      const { name, what, startMs } = phases[this.#phase] as Moment['phases'][number];
      this.#write('', `${seconds(startMs)}, ${name}: ${what}`);
    }
    if (elapsedMs < this.#nextMs) return;
    this.#write(secondLine(moment, elapsedMs));
    this.#nextMs = (Math.floor(elapsedMs / 1_000) + 1) * 1_000;
  }

  end(): void {
    this.#write('');
  }

  #write(...lines: string[]): void {
    for (const line of lines) this.#output.write(`${line}\n`);
  }
}

function headLines({ rate, sides }: Moment): string[] {
  const cells = (text: (name: string) => string): string =>
    sides.map(({ name }) => ` |${text(name).padStart(SIDE_WIDTH - 1)}`).join('');
  return [
    `holdfast demo: ${count(rate)} calls/s, ${sides.length} ways, second by second`,
    '',
    ' '.repeat(TIME_WIDTH) + cells((name) => name),
    ' '.repeat(TIME_WIDTH) + cells(() => 'answers   sent'),
  ];
}

function secondLine({ sides }: Moment, elapsedMs: number): string {
  const cells = sides.map(({ tally }) => {
    const { answered, sent } = lastSecond(tally.slices, elapsedMs);
    return ` |${count(answered).padStart(SIDE_WIDTH - 8)}${count(sent).padStart(7)}`;
  });
  return `${`${Math.floor(elapsedMs / 1_000)} s`.padStart(TIME_WIDTH)}${cells.join('')}`;
}
