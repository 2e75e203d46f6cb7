import type { IncomingMessage, RequestListener } from 'node:http';

/** What a slow reader has seen. */
export interface SlowReader {
  readonly listener: RequestListener;
  /** How many requests came. */
  sent: number;
  /** The bytes of each request whose body was read to its end. */
  readonly whole: number[];
}

/** Reads a request's body at this pace. Answers its length. */
function readSlowly(request: IncomingMessage, bytesPerSecond: number): Promise<number> {
  const startedAt = performance.now();
  let bytes = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      const aheadMs = (bytes / bytesPerSecond) * 1_000 - (performance.now() - startedAt);
      if (aheadMs < 1) return;
      request.pause();
      setTimeout(() => request.resume(), aheadMs);
    });
    request.on('end', () => resolve(bytes));
  });
}

/** A server that takes its time to read, and then answers 200, or what `answer` does. */
export function slowReader(
  bytesPerSecond: number,
  answer: RequestListener = (_request, response) => response.end('ok'),
): SlowReader {
  const reader: SlowReader = {
    sent: 0,
    whole: [],
    listener: (request, response) => {
      reader.sent++;
      void readSlowly(request, bytesPerSecond).then((bytes) => {
        reader.whole.push(bytes);
        answer(request, response);
      });
    },
  };
  return reader;
}
