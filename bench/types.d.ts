/** What every arm is called with: an asynchronous function, as an application would pass it. */
export type Operation = (context?: unknown) => Promise<unknown>;

/** One timed call. Every arm, bare included, is an `async () => await ...` of its own. */
export type Call = () => Promise<unknown>;

export type PolicyName =
  | 'fallback'
  | 'retry'
  | 'breaker'
  | 'timeout'
  | 'bulkhead'
  | 'rateLimiter'
  | 'adaptiveLimiter'
  | 'throttle';
export type Library =
  | 'bare'
  | 'holdfast'
  | 'cockatiel'
  | 'opossum'
  | 'mollitia'
  | 'ky'
  | 'got'
  | 'undici'
  | 'zod';

/** What the checks and smoke runs may change in an arm; the timings use the defaults of settings.js. */
export interface Knobs {
  timeoutMs?: number;
  /** Calls that a rate limiter lets in. */
  permits?: number;
  /** How many requests one call makes. */
  requests?: number;
}

/** One thing that is measured. */
export interface Subject {
  id: string;
  label: string;
  library: Library;
  /** Arms of one group do the same work. */
  group: string;
}

/** A call that the harness makes and measures. */
export interface Arm extends Subject {
  /** Policies from the outside in; the checks prove that each of them is at work. */
  policies: PolicyName[];
  create(operation: Operation, knobs: Knobs): Call | Promise<Call>;
  /** The operation that is timed, when it is not the path's. */
  operation?: Operation;
  /** How many calls of the library one call of the arm makes. */
  callsEach?: number;
  /** The library's fallback can only replace the error, not answer a value. */
  fallbackRejects?: boolean;
  /** Timed one call at a time, with so many ms from one to the next (harness/quiet.js). */
  everyMs?: number;
  /** Replaces the checks that follow from `policies`. */
  check?(arm: Arm): Promise<void>;
  /** In-flight paths: the largest number in flight that ends in reasonable time. */
  maxInFlight?: number;
  /** In an account: the arm that does one thing less. Default: the bare one. */
  after?: string;
}

/** Arms that do the same work, and the bare arm they are compared with. They are measured in a process of their own. */
export interface Group {
  id: string;
  title: string;
  bare: string;
}

/** One row of the table of goals: P1, P2, ... */
interface PathHead {
  id: string;
  title: string;
  /** What is done and how to read the figures, in a sentence or two of Markdown. */
  about: string;
  /** What only bench/README.md has figures of. */
  more?: string;
  /** No comparison: where time and bytes go. Shown in bench/README.md alone. */
  account?: true;
  /** More runs than this would show nothing new. */
  mostRuns?: number;
}

/** The harness makes the calls. */
export interface CallPath extends PathHead {
  kind: 'time' | 'bytes' | 'in-flight';
  groups: Group[];
  arms: Arm[];
  /** Whether tables and charts show the time beyond bare (net) or the whole. */
  show: 'net' | 'total';
  /** In-flight paths: how many are in flight. Default: 1,000, 10,000 and 100,000. */
  sizes?: readonly number[];
  /** Pipelines that are no arms: called often before anything is measured, and between the arms. */
  others?(): Call[];
}

export type Unit = 'ns' | 'B' | 'kB' | 'MB' | 'files';

/** One column of the table of a group. */
export interface Measure {
  id: string;
  title: string;
  unit: Unit;
}

export interface OwnGroup {
  id: string;
  title: string;
  /** The first is what a chart shows. */
  measures: Measure[];
}

/** What is no call: the path takes its figures itself. */
export interface OwnPath extends PathHead {
  kind: 'own';
  groups: OwnGroup[];
  arms: Subject[];
  /** The figures do not depend on the Node that takes them. */
  anyNode?: boolean;
  /** In a process of its own, which may collect garbage. Several are answered as their median. */
  measure(task: { effort: Effort; turn: number }): Promise<Record<string, OwnSample>>;
}

/** A smoke run does as little as shows that it works; a quick one is less sure than a full one. */
export type Effort = 'smoke' | 'quick' | 'full';

export type Path = CallPath | OwnPath;

/** Figures by the ids of the group's measures. */
export type OwnSample = Record<string, number>;

export interface TimeSample {
  /** Median over the batches, ns a call. */
  ns: number;
  /** Mean over the batches, ns a call. */
  mean: number;
}

export interface BytesSample {
  /** Difference of the heap over a counted number of calls with no collection between. */
  bytes: number;
  /** The same from mitata's own heap figure. */
  mitata: number;
}

export interface InFlightSample {
  start: number;
  settle: number;
  burst: number;
  further: number;
  bytes: number;
}

/** What one process answers: for each arm its sample, in-flight ones by number in flight. */
export type RunResult = Record<
  string,
  TimeSample | BytesSample | OwnSample | Record<string, InFlightSample>
>;

export interface ArmResult {
  id: string;
  label: string;
  library: Library;
  group: string;
  /** One value a run, in the order of the runs, by measure (`ns`, `mean`, `bytes`, ...). */
  values?: Record<string, number[]>;
  /** The same by number of calls in flight. */
  sizes?: Record<string, Record<string, number[]>>;
}

export interface PathResult {
  date: string;
  runs: number;
  /** Measured with `--quick`: in less time, and less sure. */
  quick?: boolean;
  /** How long all runs took together, checks not included. */
  seconds?: number;
  /** How many processes measured, and how many of these measurements were repeated because bare and bare again differed. */
  processes?: number;
  repeated?: number;
  arms: ArmResult[];
}

export interface Results {
  node: string;
  v8: string;
  cpu: string;
  cores: number;
  /** How long the last full run of all paths took. */
  minutes?: number;
  libraries: Record<string, string>;
  paths: Record<string, PathResult>;
}

export interface Goal {
  id: string;
  path: string;
  text: string;
  /** Unit of the figure, e.g. `x` or ` B`. */
  unit: string;
  /** On Node 24 and later. */
  limit: number;
  /** On Node 20, where it differs. */
  limit20?: number;
  sense: 'at most' | 'at least';
  /** The figure of each run. */
  figures(path: PathResult): number[];
}
