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
  return /^.*?[.](?= [A-Z\d`'(]|$)/.exec(text)?.[0] ?? text;
}

function signature(item) {
  if (item.kind === 'Class' || item.kind === 'Interface') return undefined;
  const text = oneLine(textOf(item)).replace(/^export (?:declare )?/, '');
  return item.kind === 'Function' || text.length <= LONGEST_TYPE ? `\`${text}\`` : undefined;
}

/** The names that an interface extends. */
function parents(item) {
  let text = item.kind === 'Interface' ? oneLine(textOf(item)) : '';
  text = text.replace(/\bOmit<(\w+)/g, '$1<');
  // A parameter of a type may extend something, too.
  for (let shorter = ''; shorter !== text; ) {
    shorter = text;
    text = text.replace(/<[^<>]*>/g, '');
  }
  return (
    /\bextends ([^{]+)$/
      .exec(text)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? []
  );
}

function members(item, linked) {
  const named = (item.members ?? []).filter(({ name }) => /^\w+$/.test(name ?? ''));
  const names = named.map(
    ({ kind, name, isOptional }) =>
      `\`${name}${kind.startsWith('Method') ? '()' : isOptional ? '?' : ''}\``,
  );
  names.push(...parents(item).map((name) => `what ${linked(name)} has`));
  return names.length === 0 ? undefined : `Has ${[...new Set(names)].join(', ')}.`;
}

/**
 * The page as text.
 *
 * @param page - The entry, with its names in sections.
 * @param core - The page of `holdfast`.
 * @param earlier - The pages that describe what this one need not describe again.
 */
export function brief(page, core, earlier) {
  const linked = (name) => {
    const href = page.href(name, core);
    return href === undefined ? `\`${name}\`` : `[\`${name}\`](${href})`;
  };
  const out = [
    `# ${page.module}`,
    '<!-- Written by `npm run api:update` from the docstrings. Do not edit. -->',
    `What \`import { ... } from '${page.module}'\` offers, in brief. [Where the rest is](README.md#the-rest).`,
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
      const said = [signature(item), sentence(item), members(item, linked)];
      out.push(said.filter((each) => each !== undefined && each !== '').join('\n'));
    }
  }
  return `${out.join('\n\n')}\n`;
}
