import { allWithin } from '../pipeline/lifecycle/drain.js';
import { reportFault } from '../pipeline/reporting/faults.js';
import { systemClock } from '../time/clock.js';
import { LONGEST_HOLD_MS } from './held-call.js';
import type { Reporting } from './reporter.js';
import { livingSources } from './sources.js';

let reporting: Reporting | undefined;
let loading: Promise<void> | undefined;
let isOver = false;

/** The reporting, once it is loaded. */
export function loaded(): Reporting | undefined {
  return reporting;
}

/** Loads the reporting, which is in a file of its own. Returns what calls that start now have to wait for, if anything. */
export function load(): Promise<void> | undefined {
  if (reporting !== undefined) return undefined;
  loading ??= start();
  return isOver ? undefined : loading;
}

/** Sets the reporting. */
export function provide(given: Reporting): void {
  if (reporting !== undefined) return;
  reporting = given;
  given.begin();
  given.warnOfOtherCopies();
  for (const { pipeline } of livingSources()) pipeline?.observer?.ready();
}

async function start(): Promise<void> {
  await allWithin([read()], LONGEST_HOLD_MS, systemClock);
  isOver = true;
}

async function read(): Promise<void> {
  try {
    provide((await import('./reporting.js')).reporting);
  } catch (error) {
    reportFault('telemetry could not be loaded, which', error);
  }
}
