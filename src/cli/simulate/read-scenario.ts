import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../errors.js';
import type { Scenario } from '../../simulator/index.js';
import { resolveScenario, scenarios } from '../../simulator/index.js';
import { scenarioOf } from '../../simulator/scenario-of.js';
import { UsageError } from '../usage.js';

/**
 * Reads a ready scenario by its name, or a document by its path.
 *
 * @param clients Replaces the scenario's number of clients.
 * @throws UsageError that names the file, and the path inside it.
 */
export async function readScenario(given: string, clients: number | undefined): Promise<Scenario> {
  const isName = Object.hasOwn(scenarios, given) || !/[./\\]/.test(given);
  try {
    const scenario = isName ? scenarioOf(given) : resolveScenario(await readJson(given));
    return clients === undefined ? scenario : { ...scenario, clients };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(isName ? error.message : `${given}: ${error.message}`);
  }
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${path} ${code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`}`,
    );
  }
  try {
    // Some editors write a byte order mark at the start, and use `$schema` for their help.
    const document = JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
    return withoutSchema(document);
  } catch (error) {
    throw new UsageError(`${path} is not JSON: ${(error as Error).message}`);
  }
}

function withoutSchema(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const { $schema, ...scenario } = document as { readonly $schema?: unknown };
  return scenario;
}
