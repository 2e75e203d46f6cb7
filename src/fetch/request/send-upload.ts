import { builtinModule } from '../../host.js';
import type { AttemptClock } from '../../pipeline/contract/context.js';
import type { SentRequest } from './upload-clock.js';

type UploadClock = typeof import('./upload-clock.js');

let uploadClock: UploadClock | undefined;

/**
 * Sends a request whose body may take a while, under the eyes of `upload-clock.ts`. That is loaded with the first such request, and only by
 * runtimes that may have undici. Where it cannot be loaded, the attempt's clock runs from the start.
 *
 * @param sent what `send` sends.
 * @param signal of the attempt.
 */
export function sendUpload(
  clock: AttemptClock,
  sent: SentRequest,
  signal: AbortSignal,
  send: () => unknown,
): unknown {
  if (uploadClock !== undefined) return uploadClock.sendUpload(clock, sent, signal, send);
  if (builtinModule('node:diagnostics_channel') === undefined) return send();
  return load().then((loaded) =>
    loaded === undefined ? send() : loaded.sendUpload(clock, sent, signal, send),
  );
}

async function load(): Promise<UploadClock | undefined> {
  try {
    uploadClock = await import('./upload-clock.js');
  } catch {
    // The files of this process are gone.
  }
  return uploadClock;
}
