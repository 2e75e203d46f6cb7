/** These go out in upper case, however they are written. All other methods go out as written. */
const NORMALISED_METHODS: ReadonlySet<string> = new Set([
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  // Newer implementations only. Where it goes out as written, no server takes it for something else.
  'QUERY',
]);

/** The method as it is sent. */
export function normaliseMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  const upper = method.toUpperCase();
  return NORMALISED_METHODS.has(upper) ? upper : method;
}
