import { parseArgs } from 'node:util';
import { isName } from '../../config/schemas.js';
import { UsageError } from '../usage.js';
import type { SchemasKind } from './schemas-text.js';

/** The options of the command, as parsed. */
export interface ServiceOptions {
  /** The path of the document. */
  readonly file: string;
  /** Where the declaration goes. Default: standard output. */
  readonly out: string | undefined;
  /** The service's name. Default: made from the document's title. */
  readonly name: string | undefined;
  readonly schemas: SchemasKind;
  readonly baseUrl: string | undefined;
  readonly force: boolean;
  readonly help: boolean;
}

export const SERVICE_HELP = `holdfast service: writes the declaration of a service from its OpenAPI document

Usage: holdfast service <openapi.json> [options]

  <openapi.json>     an OpenAPI 3.0 or 3.1 document, as JSON and in one file
  --out <file.ts>    where the declaration goes (default: it is printed)
  --name <name>      the service's name (default: from the document's title)
  --base-url <url>   where the service is, in place of the document's first server
  --schemas <kind>   zod: schemas of zod 4, which check what is sent and answered;
                     none: types only (default zod)
  --force            overwrite the file
  --help             print this

What a declaration cannot say is in comments of the file, and counted on stderr.
`;

/** @throws UsageError */
export function parseServiceArgs(args: readonly string[]): ServiceOptions {
  const { values, positionals } = read(args);
  const { out, name, force = false, help = false } = values;
  const options = {
    file: positionals[0] ?? '',
    out,
    name,
    schemas: schemasOf(values.schemas),
    baseUrl: values['base-url'],
    force,
    help,
  };
  if (help) return options;
  if (positionals.length > 1)
    throw new UsageError(`one document at a time (got ${positionals.length})`);
  if (options.file === '')
    throw new UsageError('an OpenAPI document is missing, such as openapi.json');
  if (/^https?:/i.test(options.file))
    throw new UsageError(
      'only files are read: download the document first (curl -o openapi.json <url>)',
    );
  if (out === '') throw new UsageError("--out must be the path of a file (got '')");
  if (name !== undefined && !isName(name))
    throw new UsageError('--name must be a name of 1 to 100 characters without control characters');
  return options;
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string', short: 'o' },
        name: { type: 'string' },
        schemas: { type: 'string' },
        'base-url': { type: 'string' },
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // The second sentence of Node's message explains positional arguments. Leave it out.
    throw new UsageError(String((error as Error).message).split('. ')[0]);
  }
}

function schemasOf(text: string | undefined): SchemasKind {
  if (text === undefined || text === 'zod') return 'zod';
  if (text === 'none') return 'none';
  throw new UsageError(`--schemas must be zod or none (got '${text}')`);
}
