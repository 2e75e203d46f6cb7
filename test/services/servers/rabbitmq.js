import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Child, freePort, started, temporaryFolder } from './process.js';

/** Debian's wrapper on the PATH changes the user and knows one folder; this is what it calls. */
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const PROTOCOL = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1');

/** Whether an AMQP server begins to talk there. */
const greets = (port) =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(PROTOCOL));
    const end = (greeted) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', () => end(true));
  });

/** A RabbitMQ of one node with folders, ports and a port mapper (epmd) of its own, and no plugins. */
export async function startRabbitmq() {
  const folder = temporaryFolder('rabbitmq');
  const [port, mapper, distribution] = [await freePort(), await freePort(), await freePort()];
  const at = (name) => join(folder.path, name);
  for (const name of ['data', 'log', 'home']) mkdirSync(at(name));
  writeFileSync(at('plugins'), '[].\n');
  writeFileSync(at('env.conf'), '');
  writeFileSync(at('rabbitmq.conf'), 'loopback_users.guest = true\n');
  const inherited = Object.entries(process.env).filter(([name]) => !/^(RABBITMQ|ERL)_/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    HOME: at('home'), // where the Erlang cookie is
    ERL_EPMD_PORT: `${mapper}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `holdfast${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_DIST_PORT: `${distribution}`,
    RABBITMQ_MNESIA_BASE: at('data'),
    RABBITMQ_LOG_BASE: at('log'),
    RABBITMQ_CONF_ENV_FILE: at('env.conf'),
    RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: at('plugins'),
    RABBITMQ_ALLOW_INPUT: '1', // the script becomes the server, instead of standing between
    // Schedulers that spin while they wait take the time of everybody else on a small machine.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none',
  };
  const options = { env, cwd: folder.path };
  // Erlang would start a port mapper that outlives it.
  const epmd = new Child('epmd', ['-port', `${mapper}`, '-address', '127.0.0.1'], options);
  return started({
    name: 'rabbitmq-server',
    url: `amqp://127.0.0.1:${port}`,
    run: () => new Child(SERVER, ['-noinput'], options),
    answers: () => greets(port),
    cleanUp: async () => {
      await epmd.gone();
      folder.remove();
    },
  });
}
