/** Fakes that replace the host's timers and clocks, and the time that they show. */
export interface Fakes {
  /** Whether timers wait for fake time. If the timers are the host's, real time passes too. */
  readonly timers: boolean;
  /** The time that they show, in milliseconds; `undefined` if they show none. */
  readonly time: FakeTime | undefined;
}

/** Reads fake time. `fromInstall`: whether that counts from when the fakes were installed. */
export interface FakeTime {
  read(): number;
  readonly fromInstall: boolean;
}

/** The clock of sinon's fake timers, which jest and vitest use. Everything that they fake leads to it. */
interface SinonClock {
  readonly now: number;
  /** What is faked. */
  readonly methods?: readonly string[];
  /** Exists even if the host's is not faked. Unlike `now`, `setSystemTime` does not move it. */
  readonly performance?: { now(): number };
  hrtime?(): readonly [number, number];
}

/** A function that may be a fake or a spy. */
interface Suspect {
  readonly name?: unknown;
  readonly clock?: unknown;
  /** Set on mock functions of jest, vitest and node:test. */
  readonly mock?: unknown;
  /** Set on those of sinon. */
  readonly isSinonProxy?: unknown;
  getMockImplementation?(): Suspect | undefined;
}

/** Jest puts it into the scope of each CommonJS module. A set-up file may make it global. */
declare const jest: { now?(): number } | undefined;

// One constant each, because V8 compares with a constant at no cost.
const loadedSetTimeout = globalThis.setTimeout;
const loadedClearTimeout = globalThis.clearTimeout;
const loadedDate = globalThis.Date;
const loadedDateNow = Date.now;
const loadedPerformance = globalThis.performance;
const loadedPerformanceNow = performance.now;

/** Fakes may be installed before this module is loaded. Then what it found first does not say what is real. */
const wasFaked = known() !== undefined;

/** Whether timers and clocks are real, and still those that were there at first. Costs hardly anything. */
export function areUntouched(): boolean {
  // Use bare names: V8 folds them to constants, and notices when they are replaced.
  return (
    setTimeout === loadedSetTimeout &&
    Date === loadedDate &&
    performance.now === loadedPerformanceNow &&
    !wasFaked
  );
}

/** Whether these timers are not the host's, as far as one can see without using them. */
export function areReplaced(timers: unknown): boolean {
  return timers !== loadedSetTimeout || wasFaked;
}

/** Cancels a timer. It may be one of the host's while there are fakes, which would not know it. */
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

/** The fakes of sinon, jest, vitest or node:test. */
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
  // Its time goes on where earlier fakes left it.
  return { timers: true, time: now && { read: now, fromInstall: false } };
}

/** Anything else that replaces the host's functions: a user's own fakes, or an instrumentation. */
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
  // A spy may wrap any of them.
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
  // Keep it: it can still be read after it has been removed.
  const faked = Date;
  return { read: () => faked.now(), fromInstall };
}

/** The time that node:test's timers show: each of them says when it is due. */
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

/** Whether these timers end in the host's. Those of tracers and error reporters do. */
function leadToReal(timers: typeof setTimeout, newClock: boolean): boolean {
  // Using a spy would spoil its count.
  if (isSpy(timers as Suspect)) return true;
  const timer: unknown = timers(() => {}, 1);
  clearTimeout(timer as never);
  // Where timers are numbers, as in browsers, they tell nothing.
  return typeof timer === 'number' ? !newClock : isHostTimer(timer);
}

/** Whether it is one of the host's timers, if that can be told. */
function isHostTimer(timer: unknown): boolean {
  if (typeof timer !== 'object' || timer === null) return false;
  const real: unknown = loadedSetTimeout(() => {}, 1);
  loadedClearTimeout(real as never);
  return timer.constructor === Object(real).constructor;
}

function isSpy(value: Suspect): boolean {
  return value.mock !== undefined || value.isSinonProxy !== undefined;
}
