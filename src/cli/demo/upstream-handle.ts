import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { UpstreamBehaviour } from '../../testing/upstream-behaviour.js';
import type { UpstreamStats } from '../../testing/upstream-counts.js';
import type { Order, Reply } from './upstream-messages.js';

/** How long a process may take to end before it is killed. */
const PATIENCE_MS = 2_000;

/** An upstream in a process of its own. */
export class UpstreamHandle {
  readonly url: string;
  /** Resolves when the process has ended, for whatever reason. */
  readonly gone: Promise<void>;
  /** How many requests wait for a worker, from the upstream's last message. */
  queued = 0;
  readonly #child: ChildProcess;
  /** The upstream's counts at each order it was given. */
  readonly #counts: UpstreamStats[] = [];
  #orders = 0;
  #onCounts: () => void = () => {};

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    this.gone = new Promise((resolve) => child.once('exit', () => resolve()));
    child.on('error', () => {
      // A message could not be sent. The process is about to end, and that is reported.
    });
    child.on('message', (reply: Reply) => {
      if ('queued' in reply) this.queued = reply.queued;
      if (!('stats' in reply)) return;
      this.#counts.push(reply.stats);
      this.#onCounts();
    });
  }

  /** Starts `count` processes. If one cannot start, stops the others. */
  static async startAll(count: number, seed: number): Promise<readonly UpstreamHandle[]> {
    const settled = await Promise.allSettled(
      Array.from({ length: count }, () => UpstreamHandle.start(seed)),
    );
    const started = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed === undefined) return started;
    await Promise.all(started.map((each) => each.stop()));
    throw failed.reason;
  }

  /** Starts the process, and resolves when it listens. */
  static async start(seed: number): Promise<UpstreamHandle> {
    const file = fileURLToPath(new URL('./upstream-process.js', import.meta.url));
    const child = fork(file, [String(seed)], {
      // The parent's options may name a debugger's port, which only one process can use.
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`an upstream ended with exit code ${code}`)));
      child.once('message', (reply: Reply) => {
        if ('url' in reply) resolve(reply.url);
      });
    });
    return new UpstreamHandle(url, child);
  }

  /** Tells the upstream how to behave from now on. */
  behave(behaviour: UpstreamBehaviour): void {
    this.#order({ behave: behaviour });
  }

  /** Returns the upstream's counts at each {@link behave} so far, and its counts now. */
  async counts(): Promise<readonly UpstreamStats[]> {
    this.#order({});
    const all = new Promise<void>((resolve) => {
      this.#onCounts = () => {
        if (this.#counts.length === this.#orders) resolve();
      };
    });
    const gone = this.gone.then(() => {
      throw new Error('an upstream ended before it told its counts');
    });
    await Promise.race([all, gone]);
    return this.#counts;
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await this.gone;
    clearTimeout(timer);
  }

  #order(order: Order): void {
    this.#orders += 1;
    if (this.#child.connected) this.#child.send(order);
  }
}
