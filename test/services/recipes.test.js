/** Runs the programs of docs/recipes that need a server, each in a process of its own, against a real one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { extract, pagesWithServices, programsOf } from './recipes.js';
import { startPostgres } from './servers/postgres.js';
import { startRabbitmq } from './servers/rabbitmq.js';
import { startRedis } from './servers/redis.js';

const LIMIT_MS = 60_000;

/** What starts a server, and what gives a program the address of one that is as good as new. */
const services = {
  rabbitmq: { start: startRabbitmq, variable: 'RABBITMQ_URL', address: ({ url }) => url },
  redis: {
    start: startRedis,
    variable: 'REDIS_URL',
    address: (server) => {
      server.clear();
      return server.url;
    },
  },
  postgres: {
    start: startPostgres,
    variable: 'DATABASE_URL',
    address: (server) => server.database(),
  },
};

const running = new Map();
after(() => Promise.all([...running.values()].map(async (server) => (await server).dispose())));

function serverOf(name) {
  const service = services[name];
  assert.ok(service, `service=${name}: there are ${Object.keys(services).join(', ')}`);
  if (!running.has(name)) running.set(name, service.start());
  return running.get(name);
}

/** Runs it to its end: a program that leaves a connection or a timer behind has none. */
async function run(file, cwd, env) {
  const child = spawn(process.execPath, [file], { cwd, env: { ...process.env, ...env } });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  const end = signal === 'SIGKILL' ? `did not end within ${LIMIT_MS / 1_000} s` : `ended: ${code}`;
  assert.equal(code, 0, `${end}\n${said}`);
}

for (const page of pagesWithServices()) {
  for (const { line, services: names } of programsOf(page)) {
    test(`docs/recipes/${page}:${line} runs with ${names.join(' and ')}`, async () => {
      const env = {};
      for (const name of names) {
        const server = await serverOf(name);
        env[services[name].variable] = services[name].address(server);
      }
      const recipe = await extract([page]);
      try {
        await run(recipe.program(line), recipe.folder, env);
      } finally {
        recipe.remove();
      }
    });
  }
}
