import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Stands between a client and a server, and cuts a connection at the worst moment: the server has done what it was asked, and
 * its answer gets lost.
 *
 * @param {string} url The server.
 */
export async function cutter(url) {
  const target = new URL(url);
  const { port, hostname } = target;
  const sockets = new Set();
  let cutAt;
  let gone = false;
  let cuts = 0;
  const listener = createServer((down) => {
    const up = connect(Number(port), hostname);
    let cutting = false;
    for (const socket of [down, up]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        down.destroy();
        up.destroy();
      });
    }
    down.on('data', (chunk) => {
      if (cutAt !== undefined && chunk.includes(cutAt)) {
        cutAt = undefined;
        cutting = true;
      }
      up.write(chunk);
    });
    up.on('data', (chunk) => {
      if (!cutting) return down.write(chunk);
      cuts++;
      return gone ? close() : down.destroy();
    });
  }).listen(0, '127.0.0.1');
  const close = () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
  await once(listener, 'listening');
  target.port = String(listener.address().port);
  return {
    /** What clients connect to. */
    url: target.href,
    /** Cuts the next connection that sends this text, once the server has answered it. With `forGood`, no other gets through after it. */
    cut(text, { forGood = false } = {}) {
      cutAt = text;
      gone = forGood;
    },
    /** How many were cut. */
    get cuts() {
      return cuts;
    },
    close,
  };
}
