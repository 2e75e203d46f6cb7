/** Readers for the Markdown of this repository: code blocks, headings and links. Pure text in, data out. */

export interface CodeBlock {
  /** Path of the page, relative to the repository. */
  readonly page: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  /** First word of the info string, for example `ts`. */
  readonly language: string;
  /** The other words of the info string. */
  readonly flags: readonly string[];
  readonly code: string;
  /** Code of a `<!-- setup ... -->` comment right before the fence: compiled with the block, not shown. */
  readonly setup: string;
}

const FENCE = /^(\s*)(`{3,}|~{3,})\s*(.*)$/;

export function codeBlocks(page: string, markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split(/\r?\n/);
  let setup = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (/^<!--\s*setup\s*$/.test(line)) {
      const end = lines.indexOf('-->', at);
      if (end < 0) throw new Error(`${page}:${at + 1}: a setup comment that is never closed`);
      setup = lines.slice(at + 1, end).join('\n');
      at = end;
      continue;
    }
    const fence = FENCE.exec(line);
    if (fence === null) {
      if (line.trim() === '') continue;
      if (setup !== '') throw new Error(`${page}:${at + 1}: a setup comment without a code block`);
      continue;
    }
    const [, indent = '', marker = '', info = ''] = fence;
    const start = at;
    const body: string[] = [];
    for (at++; ; at++) {
      const next = lines[at];
      if (next === undefined) throw new Error(`${page}:${start + 1}: a code block that never ends`);
      if (next.trim() === marker) break;
      body.push(next.startsWith(indent) ? next.slice(indent.length) : next);
    }
    const [language = '', ...flags] = info.trim().split(/\s+/);
    blocks.push({ page, line: start + 1, language, flags, code: body.join('\n'), setup });
    setup = '';
  }
  return blocks;
}

/** The page with code blocks, inline code and comments blanked out, line numbers kept. */
function prose(markdown: string): string {
  let fence: string | undefined;
  const lines = markdown.split(/\r?\n/).map((line) => {
    const marker = FENCE.exec(line)?.[2];
    if (fence === undefined && marker !== undefined) {
      fence = marker;
      return '';
    }
    if (fence !== undefined) {
      if (line.trim() === fence) fence = undefined;
      return '';
    }
    return line;
  });
  return lines
    .join('\n')
    .replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
}

export interface Link {
  readonly line: number;
  readonly target: string;
}

export function links(markdown: string): Link[] {
  const found: Link[] = [];
  const patterns = [
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
    /^\s*\[[^\]]+\]:\s*(\S+)/g,
    /\b(?:src|href)="([^"]+)"/g,
  ];
  prose(markdown)
    .split('\n')
    .forEach((text, index) => {
      for (const pattern of patterns) {
        for (const match of text.matchAll(pattern)) {
          if (match[1] !== undefined) found.push({ line: index + 1, target: match[1] });
        }
      }
    });
  return found;
}

/** The anchors a page offers: its headings in GitHub's spelling, and explicit `id` or `name` attributes. */
export function anchors(markdown: string): Set<string> {
  const found = new Set<string>();
  const taken = new Map<string, number>();
  let fence: string | undefined;
  for (const line of markdown.split(/\r?\n/)) {
    const marker = FENCE.exec(line)?.[2];
    if (fence === undefined && marker !== undefined) fence = marker;
    else if (fence !== undefined && line.trim() === fence) fence = undefined;
    if (fence !== undefined) continue;
    for (const match of line.matchAll(/<\w+[^>]*\b(?:id|name)="([^"]+)"/g))
      found.add(match[1] ?? '');
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replace(/<[^>]*>/g, '')
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replace(/ /g, '-');
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    found.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return found;
}
