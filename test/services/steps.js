/** What tests of brokers do. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 60_000;

export async function until(what, reached) {
  const end = Date.now() + LIMIT_MS;
  while (!(await reached())) {
    if (Date.now() > end) throw new Error(`not within ${LIMIT_MS / 1_000} s: ${what}`);
    await sleep(50);
  }
}

export const ids = (count, prefix = 'order') =>
  Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

/** The first of each, in order. */
export const firsts = (messages) => [...new Set(messages.map(({ id }) => id))];

/** Publishes so many at once, and calls back for each one that is safe. */
export async function publishAll(publish, all, atOnce, onSafe = () => {}) {
  const rest = all.values();
  const worker = async () => {
    for (const id of rest) {
      await publish({ id, body: id });
      onSafe(id);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** The files of the outbox. */
export const files = () => [process.env['OUTBOX'], `${process.env['OUTBOX']}.leaving`];
export const emptied = () => files().every((file) => !existsSync(file));
/** How many messages lie in the outbox. */
export const stored = () =>
  files()
    .filter(existsSync)
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line !== '').length;
