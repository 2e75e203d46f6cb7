import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Child, freePort, must, started, temporaryFolder } from './process.js';

const VERSIONS = '/usr/lib/postgresql';
const USER = 'postgres';

/** Where Debian keeps the programs of the newest PostgreSQL, which are not on the PATH; `undefined` without one. */
export function postgresPrograms() {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const [newest] = versions.map(Number).sort((a, b) => b - a);
  const path = join(VERSIONS, `${newest}`, 'bin');
  return existsSync(join(path, 'initdb')) ? path : undefined;
}

/** PostgreSQL refuses to run as root, so there it runs as the user that its package brought. */
const account = () => {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(must('id', [flag, USER]));
  return { uid: id('-u'), gid: id('-g') };
};

/** A PostgreSQL with the superuser `postgres`, whom it trusts without a password. */
export async function startPostgres(settings = {}) {
  const programs = postgresPrograms();
  const port = await freePort();
  const folder = temporaryFolder('postgres');
  const as = { ...account(), cwd: folder.path };
  if (as.uid !== undefined) chownSync(folder.path, as.uid, as.gid);
  const data = join(folder.path, 'data');
  const own = { listen_addresses: '127.0.0.1', unix_socket_directories: folder.path, ...settings };
  const args = Object.entries(own).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const at = ['-h', '127.0.0.1', '-p', `${port}`, '-U', USER];
  const ask = (sql) => must('psql', [...at, '-d', 'postgres', '-Atc', sql], { cwd: folder.path });
  const url = `postgres://${USER}@127.0.0.1:${port}`;
  try {
    must(
      join(programs, 'initdb'),
      ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      as,
    );
  } catch (error) {
    folder.remove();
    throw error;
  }
  let databases = 0;
  const server = await started({
    name: 'postgres',
    url: `${url}/postgres`,
    run: () => new Child(join(programs, 'postgres'), ['-D', data, '-p', `${port}`, ...args], as),
    answers: async () => ask('select 1').trim() === '1',
    signal: 'SIGINT', // "fast": does not wait for its clients
    last: 'SIGQUIT', // takes its children and its shared memory with it
    cleanUp: folder.remove,
  });
  return Object.assign(server, {
    /** Makes an empty database, and returns the address of it. */
    database() {
      const name = `test${++databases}`;
      ask(`create database ${name}`);
      return `${url}/${name}`;
    },
  });
}
