/** Written in any case, these go out in upper case; all other methods go out as written. */
const NORMALISED_METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  // Newer implementations only; where it goes out as written, no server takes it for anything else.
  'QUERY',
]);

/** The method as it goes over the wire. */
export function normaliseMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  const upper = method.toUpperCase();
  return NORMALISED_METHODS.has(upper) ? upper : method;
}
