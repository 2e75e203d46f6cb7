/** The brief page of an entry: of each name its signature, what it is in a sentence, and the names of its members. */
import { docOf, oneLine, textOf } from './model.js';

/** Longer types are read better in the declarations. */
const LONGEST_TYPE = 160;

/** The names in links are headings of this page, or of another one. */
const unlinked = (text) =>
  text.replace(/\{@link\s+([\w.]+)[^}|]*(?:\|\s*([^}]+))?\}/g, (_, name, words) =>
    words === undefined ? `\`${name}\`` : words.trim(),
  );

/** The first sentence of a docstring. One that only announces what follows stays whole. */
function sentence(item) {
  const text = unlinked(oneLine(docOf(item).description));
  return /^.*?[.](?= [A-Z`'(]|$)/.exec(text)?.[0] ?? text;
}

function signature(item) {
  if (item.kind === 'Class' || item.kind === 'Interface') return undefined;
  const text = oneLine(textOf(item)).replace(/^export (?:declare )?/, '');
  return item.kind === 'Function' || text.length <= LONGEST_TYPE ? `\`${text}\`` : undefined;
}

function members(item) {
  const named = (item.members ?? []).filter(({ name }) => /^\w+$/.test(name ?? ''));
  const names = named.map(
    ({ kind, name, isOptional }) =>
      `\`${name}${kind.startsWith('Method') ? '()' : isOptional ? '?' : ''}\``,
  );
  const [, parents] = /\bextends ([^{]+)$/.exec(textOf(item)) ?? [];
  if (item.kind === 'Interface' && parents !== undefined)
    names.push(`what \`${oneLine(parents)}\` has`);
  return names.length === 0 ? undefined : `Has ${[...new Set(names)].join(', ')}.`;
}

/**
 * The page as text.
 *
 * @param page - The entry, with its names in sections.
 * @param earlier - The pages that describe what this one need not describe again.
 */
export function brief(page, earlier) {
  const out = [
    `# ${page.module}`,
    '<!-- Written by `npm run api:update` from the docstrings. Do not edit. -->',
    `What \`import { ... } from '${page.module}'\` offers, in brief.`,
  ];
  for (const { title, items } of page.sections) {
    out.push(`## ${title}`);
    let before;
    for (const item of items) {
      if (item.name !== before) out.push(`### ${item.name}`);
      before = item.name;
      const twin = page.twinOf(item, earlier);
      if (twin !== undefined) {
        out.push(`As in [\`${twin.module}\`](${twin.place(item.name)}).`);
        continue;
      }
      const said = [signature(item), sentence(item), members(item)];
      out.push(said.filter((each) => each !== undefined && each !== '').join('\n'));
    }
  }
  return `${out.join('\n\n')}\n`;
}
