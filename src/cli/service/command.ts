import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from '../usage.js';
import { declarationText } from './declaration-text.js';
import type { ServiceModel } from './model.js';
import { RESERVED_OPERATIONS } from './names.js';
import { parseServiceArgs, SERVICE_HELP } from './options.js';
import { remark } from './quoted.js';
import { readDocument } from './read-document.js';
import { readModel } from './read-model.js';

/** Runs `holdfast service` and returns the exit code. */
export async function service(args: readonly string[]): Promise<number> {
  const { file, out, name, schemas, baseUrl, force, help } = parseServiceArgs(args);
  if (help) {
    process.stdout.write(SERVICE_HELP);
    return 0;
  }
  const document = await readDocument(file);
  const { model, text } = inFile(file, () => {
    const model = readModel(document, { baseUrl, taken: RESERVED_OPERATIONS });
    const format = { name: name ?? serviceName(model.title), source: basename(file), schemas };
    return { model, text: declarationText(model, format) };
  });
  if (out === undefined) process.stdout.write(text);
  else await write(out, text, force);
  process.stderr.write(`${summary(model, out)}\n`);
  return 0;
}

/** `The Orders API` as `the-orders-api`. */
function serviceName(title: string): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 100)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'service' : name;
}

function inFile<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${file}: ${error.message}`);
    if (error instanceof RangeError)
      throw new UsageError(`${file}: its schemas are nested too deeply`);
    throw error;
  }
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'EEXIST'
        ? `${path} is there already: --force overwrites it`
        : `${path} cannot be written: ${message}`,
    );
  }
}

function summary({ operations, leftOut, notes }: ServiceModel, out: string | undefined): string {
  const told = notes.length + operations.reduce((sum, each) => sum + each.notes.length, 0);
  return [
    `holdfast service: ${operations.length} operations${out === undefined ? '' : ` in ${out}`}`,
    ...(told === 0 ? [] : [`${told} remarks in comments`]),
    ...(leftOut.length === 0 ? [] : [`left out: ${remark(leftOut.join('; '))}`]),
  ].join(', ');
}
