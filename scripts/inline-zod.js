/**
 * zod as a part of what is published: only what the source uses of it, in chunks of its own. Importing the package itself would load all
 * of its schemas, and the texts of fifty languages.
 */
import { rolldown } from 'rolldown';

const FILE = /[\\/]node_modules[\\/]zod[\\/].*\.js$/;
const STATE =
  /\(_a = globalThis\)\.(__zod_\w+) \?\? \(_a\.\1 = (.+)\);\s*(export const \w+ =) globalThis\.\1;/;
const HOOK = /globalThis\.__zod_globalConfig\?\.postProcessor/;

const isZod = (id) => FILE.test(id);

/** Whether this is how the source imports zod. */
export const importsZod = (specifier) => specifier === 'zod/mini';

/** The chunk of a module of zod. Only the simulator makes JSON Schemas. */
export function zodChunk(id) {
  if (!isZod(id)) return null;
  return /json-schema/.test(id) ? 'zod-json-schema' : 'zod';
}

/**
 * Keeps configuration and registry of this zod to itself. A zod of the user's shares its own with every other zod in the process, of
 * whatever version.
 */
function withOwnState(code, id) {
  const own = code.replace(STATE, '$3 /* @__PURE__ */ $2;').replace(HOOK, 'globalConfig.postProcessor');
  if (own.includes('globalThis.__zod')) throw new Error(`zod has new state on globalThis: ${id}`);
  return own;
}

/** Nobody reads zod's code in a stack trace. The annotations stay, so that users' bundlers leave out what a program does not use. */
async function shrink({ fileName, code }) {
  const bundle = await rolldown({
    input: fileName,
    treeshake: false,
    external: (id) => id !== fileName,
    plugins: [
      {
        name: 'one-chunk',
        resolveId: (id) => (id === fileName ? id : null),
        load: (id) => (id === fileName ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: { compress: true, mangle: { toplevel: true }, codegen: { removeWhitespace: true } },
    comments: { legal: false, annotation: true, jsdoc: false },
  });
  await bundle.close();
  return output[0].code;
}

export const inlineZod = {
  name: 'inline-zod',
  transform: {
    filter: { id: FILE, code: 'globalThis' },
    handler: withOwnState,
  },
  async generateBundle({ format }, files) {
    if (format !== 'es') return;
    for (const file of Object.values(files))
      if (file.type === 'chunk' && file.moduleIds.every(isZod)) file.code = await shrink(file);
  },
};
