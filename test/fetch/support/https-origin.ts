import type { Servers } from './servers.js';

export interface HttpsOrigin {
  /** Its certificate is for `localhost`. */
  readonly url: string;
  /** What was processed, as `POST /orders`. */
  readonly processed: string[];
}

/** A real HTTPS server that answers all there is, or sends it elsewhere. */
export async function httpsOrigin(servers: Servers, redirect?: string): Promise<HttpsOrigin> {
  const processed: string[] = [];
  const port = await servers.https((request, response) => {
    processed.push(`${request.method} ${request.url}`);
    if (redirect !== undefined) response.writeHead(303, { location: redirect });
    response.end();
  });
  return { url: `https://localhost:${port}`, processed };
}
