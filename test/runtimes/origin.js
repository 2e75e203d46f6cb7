import { createServer } from 'node:http';

/** The server of fetch-checks.js. `pages` are functions by path that answer in its place. */
export async function startOrigin(pages = {}) {
  const seen = new Map();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { url, method } = request;
      const page = pages[url];
      if (page !== undefined) return page(response, body);
      if (url === '/hang') return undefined;
      if (url === '/stall') return response.write('begin');
      const count = (seen.get(url) ?? 0) + 1;
      seen.set(url, count);
      const failures = Number(url.split('/')[2]);
      return response.writeHead(count > failures ? 200 : 503).end(`${method} ${body}`);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
