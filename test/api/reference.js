/**
 * The API reference: two Markdown pages for each entry of the package, from the models that API Extractor writes of its
 * declarations and docstrings. The brief one is published, the full one is not: the published declarations say the same. Pure: models in,
 * pages out.
 */
import { brief } from './brief.js';
import { docOf, joined, oneLine, textOf } from './model.js';

/** In the order in which a page lists them. */
const SECTIONS = [
  ['Functions', ['Function']],
  ['Classes', ['Class']],
  ['Interfaces', ['Interface']],
  ['Types and constants', ['TypeAlias', 'Variable', 'Enum', 'Namespace']],
];

const inCell = (text) => text.replace(/(?<!\\)\|/g, '\\|').replace(/\n/g, ' ');

const LABELS = { returns: 'Returns', throws: 'Throws', see: 'See', defaultValue: 'Default' };

/** GitHub's spelling of headings as anchors. Names that differ in case only get numbers. */
function anchorsOf(headings) {
  const taken = new Map();
  return headings.map((heading) => {
    const slug = heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replace(/ /g, '-');
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

class Page {
  constructor({ name, model, sources }) {
    this.file = `${name}.md`;
    this.module = name.replace('-', '/');
    this.sources = sources;
    const all = model.members[0].members;
    this.sections = SECTIONS.map(([title, kinds]) => ({
      title,
      items: all
        .filter(({ kind }) => kinds.includes(kind))
        .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.overloadIndex - b.overloadIndex),
    })).filter(({ items }) => items.length > 0);
    // An overload belongs to the heading of the first.
    const headings = [
      '',
      ...this.sections.flatMap(({ title, items }) => [
        title,
        ...new Set(items.map((each) => each.name)),
      ]),
    ];
    const anchors = anchorsOf([this.module, ...headings.slice(1)]);
    this.anchors = new Map();
    headings.forEach((heading, at) => {
      if (!this.anchors.has(heading)) this.anchors.set(heading, anchors[at]);
    });
    // A function and the type of the same name: a reference to a type means the type.
    this.items = new Map(all.map((item) => [item.name, item]));
  }

  /** Where `name` is described, seen from this page. */
  href(name, core) {
    if (this.items.has(name)) return `#${this.anchors.get(name)}`;
    if (core !== this && core.items.has(name)) return core.place(name);
    return undefined;
  }

  /** Where `name` is described, seen from another page. */
  place(name) {
    return `${this.file}#${this.anchors.get(name)}`;
  }

  /** The first of these pages that describes the same. */
  twinOf(item, pages) {
    const same = (other) =>
      other?.kind === item.kind && JSON.stringify(other.members) === JSON.stringify(item.members);
    const said = (other) => `${textOf(other)} ${other.docComment}`;
    return pages.find(({ items }) => {
      const other = items.get(item.name);
      return same(other) && said(other) === said(item);
    });
  }

  /** `earlier`: the pages that describe what this one need not describe again. */
  render(core, earlier) {
    const targets = new Map();
    const link = (text, name = text) => {
      const href = this.href(name, core);
      if (href === undefined) return `\`${text}\``;
      // Markdown takes labels that differ in case for one.
      const label = name.toLowerCase();
      const target = targets.get(label) ?? { name, href };
      if (target.href !== href) return `[\`${text}\`](${href})`;
      targets.set(label, target);
      return text === name ? `[\`${name}\`]` : `[\`${text}\`][\`${name}\`]`;
    };
    const linked = (text) =>
      text.replace(/\{@link\s+([\w.]+)[^}|]*(?:\|\s*([^}]+))?\}/g, (_, name, words) =>
        link(words?.trim() ?? name, name.split('.')[0]),
      );
    const typed = (tokens, optional) => {
      const text = joined(tokens);
      const references = tokens.filter(({ kind }) => kind === 'Reference').map((each) => each.text);
      const shown = oneLine(text)
        .replace(/^(?:readonly|static|abstract|get) /g, '')
        .replace(/;$/, '')
        .replace(optional ? / \| undefined$/ : /$^/, '')
        // A method's type, which lets a function of a narrower argument in, reads as the function that it is.
        .replace(/\{ (\w+)(\(.*?\)): ([^;]*); \}\['\1'\]/g, '($2 => $3)')
        .replace(/^\((\([^()]*\) => [^()]*)\)$/, '$1');
      const names = [...new Set(references)].filter((name) => this.href(name, core) !== undefined);
      if (names.length === 0) return `\`${shown}\``;
      if (names.length === 1 && shown === names[0]) return link(shown);
      return `\`${shown}\``;
    };
    const signature = (item) => {
      const text = textOf(item)
        .replace(/^export (?:declare )?/, '')
        .replace(/^ {4}/gm, '  ')
        .trim();
      return ['```ts', text, '```'].join('\n');
    };
    const whole = (item) => {
      const { description, blocks } = docOf(item);
      const parts = description === '' ? [] : [linked(description)];
      const params = blocks
        .filter(([tag]) => tag === 'param')
        .map(([, text]) => text.replace(/^(\S+)\s+-?\s*/, '- `$1`: '));
      if (params.length > 0) parts.push(linked(params.join('\n')));
      for (const [tag, text] of blocks) {
        if (tag === 'example')
          parts.push(text.includes('```') ? text : `\`\`\`ts\n${text}\n\`\`\``);
        else if (tag === 'remarks') parts.push(linked(text));
        else if (tag in LABELS) parts.push(`${LABELS[tag]}: ${linked(text)}`);
      }
      return parts.join('\n\n');
    };
    const brief = (item) => {
      const { description, blocks } = docOf(item);
      const parts = [description];
      for (const [tag, text] of blocks) {
        if (tag === 'param') parts.push(text.replace(/^(\S+)\s+-?\s*/, '`$1`: '));
        else if (tag === 'remarks') parts.push(text);
        else if (tag in LABELS) parts.push(`${LABELS[tag]}: ${text}`);
      }
      const text = inCell(linked(oneLine(parts.join(' '))));
      return /^Constructs a new instance of the/.test(text) ? '' : text;
    };
    const row = (member) => {
      const callable = /Method|Constructor|CallSignature/.test(member.kind);
      const range = member.propertyTypeTokenRange;
      const all = member.excerptTokens;
      const type = range ? all.slice(range.startIndex, range.endIndex) : all;
      // A constant's type is its value.
      const value = { kind: 'Content', text: joined(all).replace(/^.*?= /, '') };
      const tokens = type.length > 0 ? [...type] : [value];
      const name =
        member.kind === 'Constructor'
          ? 'constructor'
          : `${member.name ?? ''}${callable ? '()' : ''}`;
      // The name stands in the first column.
      if (callable) tokens[0] = { ...tokens[0], text: tokens[0].text.replace(/\w+(?=[<(])/, '') };
      const shown = `${member.isStatic ? 'static ' : ''}${name}${member.isOptional ? '?' : ''}`;
      return `| \`${shown}\` | ${inCell(typed(tokens, member.isOptional))} | ${brief(member)} |`;
    };
    const known = (name) => this.items.get(name) ?? core.items.get(name);
    const parentsOf = (item) => {
      const [, list = ''] = /\b(?:extends|implements) (.+)$/s.exec(textOf(item)) ?? [];
      const names = [...list.matchAll(/[A-Z]\w*/g)].map(([name]) => name);
      return names.map(known).filter((parent) => parent !== undefined && parent !== item);
    };
    /** The class or interface that says what this member without a docstring is. */
    const describedBy = (item, { name }) => {
      for (const parent of parentsOf(item)) {
        const [own] = (parent.members ?? []).filter((each) => each.name === name);
        const at = own?.docComment ? parent : describedBy(parent, { name });
        if (at !== undefined) return at;
      }
      return undefined;
    };
    const table = (item) => {
      const rows = [];
      const inherited = new Map();
      for (const member of inOrder(item)) {
        const silent = item.kind === 'Class' && brief(member) === '';
        const parent = silent ? describedBy(item, member) : undefined;
        if (parent === undefined) rows.push(row(member));
        else inherited.set(parent, [...(inherited.get(parent) ?? []), `\`${member.name}\``]);
      }
      const parts = rows.length > 0 ? [['| member | type | |', '|---|---|---|', ...rows]] : [];
      for (const [{ name }, names] of inherited)
        parts.push([`As in ${link(name)}: ${[...new Set(names)].join(', ')}.`]);
      return parts.map((lines) => lines.join('\n'));
    };
    const inOrder = (item) => {
      const source = this.sources(item.fileUrlPath);
      const from = source.search(new RegExp(`\\b(?:class|interface) ${item.name}\\b`));
      const at = (member) => source.indexOf(member.excerptTokens[0].text.split('\n')[0], from);
      return [...item.members].sort((a, b) => at(a) - at(b));
    };

    const out = [
      `# ${this.module}`,
      '<!-- Written by `npm run api:update` from the docstrings. Do not edit. -->',
      `What \`import { ... } from '${this.module}'\` offers.`,
    ];
    for (const { title, items } of this.sections) {
      out.push(`## ${title}`);
      let before;
      for (const item of items) {
        if (item.name !== before) out.push(`### ${item.name}`);
        before = item.name;
        const twin = this.twinOf(item, earlier);
        if (twin !== undefined) {
          out.push(`The same as in [\`${twin.module}\`](${twin.place(item.name)}).`);
          continue;
        }
        // A heading says as much as the declaration of an interface that extends nothing.
        if (textOf(item).trim() !== `export interface ${item.name}`) out.push(signature(item));
        const text = whole(item);
        if (text !== '') out.push(text);
        if ((item.members ?? []).length > 0) out.push(...table(item));
      }
    }
    const byName = [...targets.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
    out.push(byName.map(({ name, href }) => `[\`${name}\`]: ${href}`).join('\n'));
    return `${out.join('\n\n')}\n`;
  }
}

/**
 * The pages of the reference by file name.
 *
 * @param entries - In order, `holdfast` first: name, model (API Extractor's `.api.json`), and `sources`, which reads a declaration
 * file of the model, for the order in which members are declared.
 */
export function reference(entries) {
  const pages = entries.map((entry) => new Page(entry));
  const [core] = pages;
  // What several pages offer is described on the one with the most names.
  const bySize = [...pages].sort((a, b) => b.items.size - a.items.size);
  const index = [
    '# API reference',
    '<!-- Written by `npm run api:update` from the docstrings. Do not edit. -->',
    'Every exported name, and what it is. A page for each entry of the package:',
    pages
      .map((page) => {
        const functions = page.sections.find(({ title }) => title === 'Functions')?.items ?? [];
        const names = [...new Set(functions.map(({ name }) => name))];
        const links = names.map((name) => `[\`${name}\`](${page.file}#${page.anchors.get(name)})`);
        return `- [\`${page.module}\`](${page.file})${links.length > 0 ? `: ${links.join(', ')}` : ''}`;
      })
      .join('\n'),
    '## The rest',
    'Units, defaults and errors are in the docstrings: your editor shows them at a name, and leads to the declarations in `dist/types`. ' +
      'In the repository, the pages in `docs/api/full` have the same.',
  ].join('\n\n');
  return new Map([
    ['README.md', `${index}\n`],
    ...bySize.flatMap((page, at) => [
      [page.file, brief(page, core, bySize.slice(0, at))],
      [`full/${page.file}`, page.render(core, bySize.slice(0, at))],
    ]),
  ]);
}
