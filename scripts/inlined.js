/**
 * Packages that are a part of what is published: only what the source uses of them, in chunks of their own. To import zod would load all of its
 * schemas and the texts of fifty languages, and cockatiel comes in 26 files.
 */
import { rolldown } from 'rolldown';

const FILE = /[\\/]node_modules[\\/](cockatiel|zod)[\\/].*\.js$/;
const STATE =
  /\(_a = globalThis\)\.(__zod_\w+) \?\? \(_a\.\1 = (.+)\);\s*(export const \w+ =) globalThis\.\1;/;
/** What cockatiel makes when it is loaded and the source does not use. A bundler cannot know that this has no effect. */
const UNUSED = /(?<=export const noop = )(?=new NoopPolicy\(\))|^(?=\(function \(Event\) \{$)/gm;
const HOOK = /globalThis\.__zod_globalConfig\?\.postProcessor/;

/** Whether the source imports such a package by this. */
export const importsInlined = (specifier) => /^(cockatiel|zod)(\/|$)/.test(specifier);

/** The package that a module belongs to, if it is one of these. */
export const inlinedFrom = (id) => FILE.exec(id)?.[1] ?? null;

/**
 * Keeps configuration and registry of this zod to itself. A zod of the user's shares its own with every other zod in the process, of
 * whatever version.
 */
function withOwnState(code, id) {
  const own = code
    .replace(STATE, '$3 /* @__PURE__ */ $2;')
    .replace(HOOK, 'globalConfig.postProcessor');
  if (own.includes('globalThis.__zod')) throw new Error(`zod has new state on globalThis: ${id}`);
  return own;
}

/** Marks it, so that it and all that it needs is left out. */
const withoutUnused = (code) => code.replace(UNUSED, '/* @__PURE__ */ ');

/** Nobody steps through this code. The annotations stay, so that users' bundlers leave out what a program does not use. */
async function shrink({ fileName, code }) {
  const bundle = await rolldown({
    input: fileName,
    treeshake: false,
    plugins: [
      {
        name: 'one-chunk',
        resolveId: (id) => (id === fileName ? id : { id, external: 'relative' }),
        load: (id) => (id === fileName ? code : null),
      },
    ],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    minify: {
      compress: { keepNames: { function: false, class: true } },
      mangle: { toplevel: true, keepNames: { function: false, class: true } },
      codegen: { removeWhitespace: true },
    },
    comments: { legal: false, annotation: true, jsdoc: false },
  });
  await bundle.close();
  return output[0].code;
}

export const inlinePackages = {
  name: 'inlined',
  transform: {
    filter: { id: FILE },
    handler: (code, id) =>
      inlinedFrom(id) === 'zod' ? withOwnState(code, id) : withoutUnused(code),
  },
  async generateBundle({ format }, files) {
    if (format !== 'es') return;
    for (const file of Object.values(files))
      if (file.type === 'chunk' && file.moduleIds.every(inlinedFrom))
        file.code = await shrink(file);
  },
};
