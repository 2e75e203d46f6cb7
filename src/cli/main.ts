#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { UsageError } from './usage.js';

interface Command {
  readonly summary: string;
  /** Loads the command, only when it is asked for. The function that it resolves to runs it and returns the exit code. */
  load(): Promise<(args: readonly string[]) => Promise<number>>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  demo: {
    summary: 'the same calls to an upstream that breaks, with and without holdfast (20 s)',
    load: async () => (await import('./demo/command.js')).demo,
  },
  simulate: {
    summary: 'how set-ups cope with upstream trouble, in virtual time: table and charts',
    load: async () => (await import('./simulate/command.js')).simulate,
  },
  service: {
    summary: 'writes the declaration of a service from its OpenAPI document',
    load: async () => (await import('./service/command.js')).service,
  },
};

const HELP = `holdfast: resilience for calls that can fail

Usage: holdfast <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`)
  .join('\n')}

holdfast <command> --help shows a command's options.
`;

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    if (name !== undefined) process.stderr.write(`holdfast: unknown command '${name}'\n\n`);
    process.stderr.write(HELP);
    return 2;
  }
  try {
    return await (await command.load())(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`holdfast ${name}: ${error.message}\nTry: holdfast ${name} --help\n`);
    return 2;
  }
}

// `holdfast demo | head` closes the pipe early. That needs no stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
