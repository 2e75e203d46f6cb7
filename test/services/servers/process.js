/** A server of another make, run as a process of its own in a temporary folder; what is left of it ends with this process. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A machine with two busy cores takes its time. */
const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 30_000;

const leftovers = new Set();
process.once('exit', () => {
  for (const clean of leftovers) clean();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/**
 * A port that nobody listens on. It lies below those that the system gives to clients, so that none of them takes it (or connects to
 * itself) while a server that is restarted is away.
 */
export async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const probe = createServer();
    const free = await new Promise((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

export function must(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    ...options,
  });
  if (status !== 0) {
    throw new Error(error?.message ?? `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  }
  return stdout;
}

/** A temporary folder that is gone when this process ends, if nobody removes it before. */
export function temporaryFolder(name) {
  const path = mkdtempSync(join(tmpdir(), `holdfast-${name}-`));
  const remove = () => {
    rmSync(path, { recursive: true, force: true, maxRetries: 10 });
    leftovers.delete(remove);
  };
  leftovers.add(remove);
  return { path, remove };
}

/** A child with a process group of its own, so that its children end with it. */
export class Child {
  #child;
  /** Resolves when it has ended and said its last, or could not be started. */
  #ended;
  #killGroup = () => this.kill('SIGKILL');
  said = '';

  constructor(command, args, options = {}) {
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      detached: true,
    });
    leftovers.add(this.#killGroup);
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', resolve);
      this.#child.on('error', (error) => {
        this.said += error.message;
        resolve();
      });
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.said = (this.said + chunk).slice(-20_000);
      });
    }
  }

  get running() {
    const { pid, exitCode, signalCode } = this.#child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  /** A signal for the whole group, also when the one that began it has ended. */
  kill(signal) {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }

  /** Asks the child alone to end, as its service manager would. */
  async end(signal) {
    if (!this.running) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill(signal);
    const limit = sleep(STOP_LIMIT_MS, false, { ref: false });
    if ((await Promise.race([exit, limit])) === false) {
      throw new Error(
        `it did not end within ${STOP_LIMIT_MS / 1_000} s of ${signal}:\n${this.said}`,
      );
    }
  }

  async gone() {
    this.kill('SIGKILL');
    await this.#ended;
    leftovers.delete(this.#killGroup);
  }
}

/**
 * A server that can be stopped, killed and started again with the data that it has.
 *
 * @param {object} server
 * @param {string} server.name
 * @param {string} server.url What clients connect to.
 * @param {() => Child} server.run
 * @param {() => Promise<boolean>} server.answers Whether it is ready for clients.
 * @param {NodeJS.Signals} [server.signal] What asks it to end in good order.
 * @param {NodeJS.Signals} [server.last] What ends it for good at once, when SIGKILL would leave something behind.
 * @param {() => Promise<void> | void} [server.cleanUp]
 */
export async function started({ name, url, run, answers, signal = 'SIGTERM', last, cleanUp }) {
  let child;
  const server = {
    url,
    /** Starts it again, and waits until it answers. */
    async start() {
      child = run();
      const end = Date.now() + START_LIMIT_MS;
      while (!(await answers().catch(() => false))) {
        const failed = !child.running;
        if (failed || Date.now() > end) {
          const what = failed ? 'ended' : `did not answer within ${START_LIMIT_MS / 1_000} s`;
          await child.gone();
          throw new Error(`${name} ${what}:\n${child.said}`);
        }
        await sleep(100);
      }
    },
    /** Ends it in good order. */
    async stop() {
      await child.end(signal);
      await child.gone();
    },
    /** Ends it as a crash would. */
    async kill() {
      await child.gone();
    },
    /** Lets it hang: it answers nothing, and keeps its connections. */
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async dispose() {
      try {
        child?.kill('SIGCONT');
        if (last !== undefined) await child?.end(last);
      } finally {
        await child?.gone();
        await cleanUp?.();
      }
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.dispose();
    throw error;
  }
  return server;
}
