import type { Http2SecureServer, ServerHttp2Stream } from 'node:http2';
import type { Servers } from './servers.js';

/**
 * What an origin does with one request:
 * - a status: processes it, and answers; a redirect where there is a `to`
 * - `refuse`: RST_STREAM with REFUSED_STREAM, not processed
 * - `go away before`: GOAWAY whose last stream is the one before, not processed
 * - `go away after`: processes it, says GOAWAY with this stream as the last, and is gone without an answer
 */
export type Step =
  | number
  | 'refuse'
  | 'go away before'
  | 'go away after'
  | { readonly status: number; readonly to: string };

export interface Http2Origin {
  /** Its certificate is for `localhost`. */
  readonly url: string;
  /** What was processed, as `POST /orders`. */
  readonly processed: string[];
  /** What came, processed or not. */
  readonly came: string[];
}

/** A path that is answered and not counted: makes the connection, whose next stream is then not its first. */
export const HELLO = '/hello';

const REFUSED_STREAM = 7;

/** A real HTTP/2 server that follows a script, the last step for ever. */
export async function http2Origin(servers: Servers, ...script: Step[]): Promise<Http2Origin> {
  const processed: string[] = [];
  const came: string[] = [];
  const act = (stream: ServerHttp2Stream, line: string): void => {
    came.push(line);
    const step = script[Math.min(came.length, script.length) - 1] ?? 200;
    const { session } = stream;
    if (step === 'refuse') return void stream.close(REFUSED_STREAM);
    if (step === 'go away before') return void session?.goaway(0, (stream.id ?? 0) - 2);
    processed.push(line);
    if (step === 'go away after') {
      session?.goaway(0, stream.id);
      return void setTimeout(() => session?.destroy(), 20);
    }
    const { status, to } = typeof step === 'number' ? { status: step, to: undefined } : step;
    stream.respond({ ':status': status, ...(to === undefined ? {} : { location: to }) });
    stream.end('body');
  };
  const port = await servers.http2((server: Http2SecureServer) => {
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      const { ':method': method, ':path': path } = headers;
      if (path !== HELLO) return act(stream, `${method} ${path}`);
      stream.respond({ ':status': 200 });
      stream.end();
    });
  });
  return { url: `https://localhost:${port}`, processed, came };
}
