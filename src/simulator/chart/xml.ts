/** Escapes a text for HTML and SVG, in elements and in attributes. */
export function xml(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
      // Characters that XML does not allow at all.
      .replace(/[^\P{Cc}\t\n\r]/gu, '\uFFFD')
  );
}
