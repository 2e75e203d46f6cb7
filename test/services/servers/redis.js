import { Child, freePort, must, started, temporaryFolder } from './process.js';

/** A Redis that writes each command to disk before it answers, unless `settings` say otherwise. */
export async function startRedis(settings = { appendonly: 'yes', appendfsync: 'always' }) {
  const port = await freePort();
  const folder = temporaryFolder('redis');
  const own = { port, bind: '127.0.0.1', dir: folder.path, save: '', ...settings };
  const args = Object.entries(own).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const client = (...command) => must('redis-cli', ['-p', `${port}`, ...command]);
  const server = await started({
    name: 'redis-server',
    url: `redis://127.0.0.1:${port}`,
    run: () => new Child('redis-server', args),
    answers: async () => client('ping').trim() === 'PONG',
    cleanUp: folder.remove,
  });
  return Object.assign(server, {
    /** Forgets all keys. */
    clear: () => client('flushall'),
  });
}
