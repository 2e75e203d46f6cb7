/**
 * The lock of the public API: one report for each entry of the package, kept beside this file.
 *
 *   node test/api/check.js            fails where the API is not what its report says
 *   node test/api/check.js --update   writes the reports anew
 *
 * The same for the API reference in docs/api, two pages for each entry: it has to be what the docstrings say.
 *
 * Either way it fails where a public name has no docstring, and where a signature names a type that neither its own entry
 * nor 'holdfast' exports: users could not write it down, and it is a part of the inside. Needs build/ (npm run build).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { LIBRARY } from '../../scripts/bundle.js';
import { reference } from './reference.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const reports = fileURLToPath(new URL('.', import.meta.url));
const referencePages = join(root, 'docs/api');
const scratch = join(root, 'node_modules/.cache/api');
const update = process.argv.includes('--update');

// What `tsc` has written for each file: easier to read in messages than what is bundled of it.
const entries = Object.entries(LIBRARY).map(([name, path]) => ({
  name: name === 'index' ? 'holdfast' : `holdfast-${name}`,
  file: join(root, 'build', path.replace(/\.ts$/, '.d.ts')),
}));

function extract({ name, file }) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: file,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2022', 'ESNext.Disposable'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: [file],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: reports,
        reportTempFolder: scratch,
        includeForgottenExports: false,
      },
      docModel: { enabled: true, apiJsonFilePath: join(scratch, `${name}.api.json`) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: {
          default: { logLevel: 'none' },
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: false },
        },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
  });
  const told = [];
  const forgotten = [];
  const result = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = true;
      const name = /symbol "(\w+)"/.exec(message.text)?.[1];
      if (message.messageId === 'ae-forgotten-export') forgotten.push(name ?? message.text);
      else if (message.logLevel === 'error' || message.logLevel === 'warning')
        told.push(message.text);
    },
  });
  return { changed: result.apiReportChanged, errors: result.errorCount, told, forgotten };
}

/** The exported names a report marks as undocumented; members of classes and interfaces are left to judgement. */
function undocumented(report) {
  const text = readFileSync(report, 'utf8');
  return [
    ...text.matchAll(
      /^\/\/ @public \(undocumented\)\n(?:\/\/.*\n)*export (?:declare |const |function |class |abstract |interface |type )*(\w+)/gm,
    ),
  ].map(([, name]) => name);
}

/** The names a report lists as exported. */
function exported(report) {
  const text = readFileSync(report, 'utf8');
  return [
    ...text.matchAll(
      /^export (?:declare |const |function |class |abstract |interface |type |\{ )*(\w+)/gm,
    ),
  ].map(([, name]) => name);
}

mkdirSync(scratch, { recursive: true });
/** What 'holdfast' exports: the first entry. Users of the others have it, too. */
let core;
let failed = false;
let differs = false;
for (const entry of entries) {
  const report = `${entry.name}.api.md`;
  if (!existsSync(entry.file)) {
    console.error(`FAIL ${entry.name}: ${entry.file} is missing; run: npm run build`);
    failed = true;
    continue;
  }
  const { changed, errors, told, forgotten } = extract(entry);
  core ??= new Set(exported(join(scratch, report)));
  const hidden = forgotten.filter((name) => !core.has(name));
  if (hidden.length > 0) {
    failed = true;
    console.error(`FAIL ${entry.name}: in signatures but not exported: ${hidden.join(', ')}`);
  }
  const bare = undocumented(join(scratch, report));
  if (bare.length > 0) {
    failed = true;
    console.error(`FAIL ${entry.name}: no docstring: ${bare.join(', ')}`);
  }
  if (errors > 0 || (changed && !update)) {
    failed = true;
    console.error(`FAIL ${entry.name}`);
    if (errors > 0) for (const text of told) console.error(`     ${text}`);
    if (changed) {
      differs = true;
      const now = readFileSync(join(scratch, report), 'utf8').split('\n');
      const path = join(reports, report);
      const locked = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
      for (const line of locked.filter((each) => !now.includes(each)))
        console.error(`  -  ${line}`);
      for (const line of now.filter((each) => !locked.includes(each)))
        console.error(`  +  ${line}`);
    }
  } else {
    console.log(`${changed ? 'new ' : 'ok  '} ${entry.name}`);
  }
}

const known = new Set(entries.map(({ name }) => `${name}.api.md`));
for (const file of readdirSync(reports).filter((name) => name.endsWith('.api.md'))) {
  if (known.has(file)) continue;
  if (update) rmSync(join(reports, file));
  else {
    failed = true;
    console.error(`FAIL ${file} belongs to no entry of the package`);
  }
}

const model = ({ name, file }) => ({
  name,
  model: JSON.parse(readFileSync(join(scratch, `${name}.api.json`), 'utf8')),
  sources: (path) => readFileSync(path === undefined ? file : join(root, path), 'utf8'),
});
const written = reference(entries.filter(({ file }) => existsSync(file)).map(model));
mkdirSync(join(referencePages, 'full'), { recursive: true });
for (const [page, text] of written) {
  const path = join(referencePages, page);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (update) writeFileSync(path, text);
  else {
    failed = true;
    console.error(`FAIL docs/api/${page} is not what the docstrings say; run: npm run api:update`);
  }
}
const onDisk = readdirSync(referencePages, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.md'));
for (const page of onDisk.filter((name) => !written.has(name))) {
  if (update) rmSync(join(referencePages, page));
  else {
    failed = true;
    console.error(`FAIL docs/api/${page} belongs to no entry of the package`);
  }
}

if (differs) {
  console.error(
    '\nMeant? Then run `npm run api:update`, and say in CHANGELOG.md what changed for users.',
  );
}
process.exitCode = failed ? 1 : 0;
