import { describe, expect, it } from 'vitest';
import { anchors, codeBlocks, links } from './markdown.js';

const page = (...lines: string[]): string => lines.join('\n');

describe('the Markdown reader of the documentation tests', () => {
  it('reads a block with its language, flags, line and code', () => {
    const text = page('# Title', '', '```ts run', 'const a = 1;', '```', 'after');
    expect(codeBlocks('x.md', text)).toEqual([
      { page: 'x.md', line: 3, language: 'ts', flags: ['run'], code: 'const a = 1;', setup: '' },
    ]);
  });

  it('gives a setup comment to the block that follows, and to no other', () => {
    const text = page(
      '<!-- setup',
      'declare const b: 1;',
      '-->',
      '',
      '```ts',
      'b;',
      '```',
      '```ts',
      'c;',
      '```',
    );
    expect(codeBlocks('x.md', text).map(({ setup }) => setup)).toEqual(['declare const b: 1;', '']);
  });

  it('reads a block inside a list without its indentation', () => {
    const text = page('1. first', '', '   ```ts', '   if (a) {', '     b();', '   }', '   ```');
    expect(codeBlocks('x.md', text)[0]?.code).toBe('if (a) {\n  b();\n}');
  });

  it('does not end a longer fence at a shorter one', () => {
    const text = page('````md', '```ts', 'x', '```', '````');
    expect(codeBlocks('x.md', text).map(({ language }) => language)).toEqual(['md']);
  });

  it('refuses a block or setup comment that never ends, and a setup without a block', () => {
    expect(() => codeBlocks('x.md', '```ts\nx')).toThrow('x.md:1');
    expect(() => codeBlocks('x.md', '<!-- setup\nx')).toThrow('x.md:1');
    expect(() => codeBlocks('x.md', '<!-- setup\nx\n-->\ntext')).toThrow('x.md:4');
  });

  it('finds links with their lines, and none inside code or comments', () => {
    const text = page(
      '[a](b.md#c) `[no](no.md)`',
      '```md',
      '[no](no.md)',
      '```',
      '<!-- [no](no.md) -->',
      '<img src="d.svg">',
      '[e]: f.md',
    );
    expect(links(text)).toEqual([
      { line: 1, target: 'b.md#c' },
      { line: 6, target: 'd.svg' },
      { line: 7, target: 'f.md' },
    ]);
  });

  it('spells anchors as GitHub does, and numbers those that recur', () => {
    const text = page(
      '# The `retry()` policy: why?',
      '## Usage',
      '## Usage',
      '<a id="b5"></a>',
      '```sh',
      '# no',
      '```',
    );
    expect([...anchors(text)]).toEqual(['the-retry-policy-why', 'usage', 'usage-1', 'b5']);
  });
});
