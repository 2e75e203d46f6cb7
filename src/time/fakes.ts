/** What stands in the place of the host's timers and clocks, and what time it says that it is. */
export interface Fakes {
  /** Whether timers wait for fake time. Where they are the host's, real time passes too. */
  readonly timers: boolean;
  /** The time that they show, in milliseconds; `undefined` where they show none. */
  readonly time: FakeTime | undefined;
}

/** A reading of fake time, and whether it counts from when the fakes were installed. */
export interface FakeTime {
  read(): number;
  readonly fromInstall: boolean;
}

/** The clock of sinon's fake timers, which jest and vitest use: whatever they fake leads to it. */
interface SinonClock {
  readonly now: number;
  /** What is faked. */
  readonly methods?: readonly string[];
  /** There even where the host's is not faked. Unlike `now`, it is not moved by `setSystemTime`. */
  readonly performance?: { now(): number };
  hrtime?(): readonly [number, number];
}

/** A function that may be a fake or a spy. */
interface Suspect {
  readonly name?: unknown;
  readonly clock?: unknown;
  /** Of jest's and vitest's mock functions, and of those of node:test. */
  readonly mock?: unknown;
  /** Of sinon's. */
  readonly isSinonProxy?: unknown;
  getMockImplementation?(): Suspect | undefined;
}

/** Where jest puts it: into the scope of each CommonJS module, or wherever a set-up file makes it global. */
declare const jest: { now?(): number } | undefined;

// One constant each: V8 compares with them at no cost.
const loadedSetTimeout = globalThis.setTimeout;
const loadedClearTimeout = globalThis.clearTimeout;
const loadedDate = globalThis.Date;
const loadedDateNow = Date.now;
const loadedPerformance = globalThis.performance;
const loadedPerformanceNow = performance.now;

/** Fakes may be installed before this module is loaded; then what it found first is no measure of what is real. */
const wasFaked = known() !== undefined;

/** Whether timers and clocks are those that were there at first, and real. Costs hardly anything. */
export function areUntouched(): boolean {
  // Bare names: V8 folds them to constants, and notices when they are replaced.
  return (
    setTimeout === loadedSetTimeout &&
    Date === loadedDate &&
    performance.now === loadedPerformanceNow &&
    !wasFaked
  );
}

/** Whether these timers are not the host's, as far as that can be seen without using them. */
export function areReplaced(timers: unknown): boolean {
  return timers !== loadedSetTimeout || wasFaked;
}

/** Cancels a timer, also one of the host's while there are fakes, which would not know it. */
export function clearHostTimer(timer: unknown): void {
  if (setTimeout === loadedSetTimeout) clearTimeout(timer as never);
  else if (isHostTimer(timer)) loadedClearTimeout(timer as never);
  else clearTimeout(timer as never);
}

/** Real monotonic time. */
export function realNow(): number {
  return wasFaked ? performance.now() : loadedPerformanceNow.call(loadedPerformance);
}

/** The fakes that are installed now; `undefined` while time is real. */
export function fakesNow(): Fakes | undefined {
  return known() ?? (wasFaked ? undefined : unknown());
}

/** Those of sinon, jest, vitest and node:test. */
function known(): Fakes | undefined {
  const clock = sinonClock();
  if (clock !== undefined) {
    const timers = clock.methods?.includes('setTimeout') ?? 'clock' in setTimeout;
    return { timers, time: { read: () => readSinon(clock), fromInstall: true } };
  }
  const nodeTimers = [setTimeout, clearTimeout].some(({ name }) => name.startsWith('bound #'));
  const mockDate = (Date as { isMock?: unknown }).isMock === true;
  if (nodeTimers || mockDate) {
    return { timers: nodeTimers, time: mockDate ? dateTime(true) : dueTime() };
  }
  const legacy = (setTimeout as Suspect).getMockImplementation?.()?.name;
  if (legacy !== 'bound _fakeSetTimeout') return undefined;
  const now = typeof jest === 'object' ? jest.now?.bind(jest) : undefined;
  // It goes on where fakes of before left it.
  return { timers: true, time: now && { read: now, fromInstall: false } };
}

/** Whatever else was put there: somebody's own fakes, or an instrumentation of the host's. */
function unknown(): Fakes | undefined {
  const newDate = Date !== loadedDate || Date.now !== loadedDateNow;
  const newPerformance = performance.now !== loadedPerformanceNow;
  const timers =
    setTimeout !== loadedSetTimeout && !leadToReal(setTimeout, newDate || newPerformance);
  if (newPerformance) {
    return { timers, time: { read: () => performance.now(), fromInstall: false } };
  }
  if (!timers) return undefined;
  return { timers, time: newDate ? dateTime(false) : undefined };
}

function sinonClock(): SinonClock | undefined {
  const { setImmediate } = globalThis as { setImmediate?: unknown };
  // A spy may lie above any of them.
  for (const each of [setTimeout, Date, performance, clearTimeout, setInterval, setImmediate]) {
    const clock = (each as Suspect | undefined)?.clock as Partial<SinonClock> | undefined;
    if (typeof clock?.now === 'number') return clock as SinonClock;
  }
  return undefined;
}

function readSinon({ performance: faked, hrtime, now }: SinonClock): number {
  if (typeof faked?.now === 'function') return faked.now();
  if (hrtime === undefined) return now;
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

function dateTime(fromInstall: boolean): FakeTime {
  // Held, as it can still be read when it has been removed.
  const faked = Date;
  return { read: () => faked.now(), fromInstall };
}

/** Timers of node:test say when they are due. */
function dueTime(): FakeTime | undefined {
  if (isSpy(setTimeout as Suspect)) return undefined;
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const read = (): number => {
    const timer = set(() => {}, 1);
    clear(timer);
    return ((timer as { runAt?: number }).runAt ?? Number.NaN) - 1;
  };
  return Number.isNaN(read()) ? undefined : { read, fromInstall: true };
}

/** Whether they end in the host's timers, as those of tracers and error reporters do. */
function leadToReal(timers: typeof setTimeout, newClock: boolean): boolean {
  // To use a spy would spoil its count.
  if (isSpy(timers as Suspect)) return true;
  const timer: unknown = timers(() => {}, 1);
  clearTimeout(timer as never);
  // Where they are numbers, as in browsers, a timer tells nothing.
  return typeof timer === 'number' ? !newClock : isHostTimer(timer);
}

/** Whether it is a timer of the host's, where that can be told. */
function isHostTimer(timer: unknown): boolean {
  if (typeof timer !== 'object' || timer === null) return false;
  const real: unknown = loadedSetTimeout(() => {}, 1);
  loadedClearTimeout(real as never);
  return timer.constructor === Object(real).constructor;
}

function isSpy(value: Suspect): boolean {
  return value.mock !== undefined || value.isSinonProxy !== undefined;
}
