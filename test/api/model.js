/** What both pages of the API reference read out of API Extractor's models. */

export const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
export const joined = (tokens) => tokens.map(({ text }) => text).join('');
export const textOf = (item) => joined(item.excerptTokens);

/** A docstring as its description and its blocks: `[['throws', 'ConfigError when ...'], ...]`. */
export function docOf(item) {
  const text = (item.docComment ?? '')
    .replace(/^\/\*\*|\*\/\s*$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .trim();
  const [description = '', ...blocks] = text.split(/^(?=@\w+)/m);
  return {
    description: description.trim(),
    blocks: blocks.map((block) => {
      const [, tag, rest] = /^@(\w+)\s*([\s\S]*)$/.exec(block);
      return [tag, rest.trim()];
    }),
  };
}
