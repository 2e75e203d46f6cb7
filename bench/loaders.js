// @ts-check
/** Each path by its id, so that a process that measures one of them loads nothing else. */

/** @typedef {import('./types.d.ts').Path} Path */

/** @type {Readonly<Record<string, () => Promise<Path>>>} */
export const loaders = {
  P1: async () => (await import('./arms/p1.js')).default,
  P1M: async () => (await import('./arms/p1-others.js')).default,
  P1Q: async () => (await import('./arms/p1-quiet.js')).default,
  P1A: async () => (await import('./arms/p1-account.js')).default,
  P2: async () => (await import('./arms/p2.js')).default,
  P3: async () => (await import('./arms/p3.js')).alone,
  P3L: async () => (await import('./arms/p3.js')).limits,
  P4: async () => (await import('./arms/p4.js')).default,
  P5: async () => (await import('./arms/p5.js')).default,
  P6: async () => (await import('./arms/p6.js')).default,
  P7: async () => (await import('./arms/p7.js')).default,
  P7A: async () => (await import('./arms/p7-account.js')).default,
  P8: async () => (await import('./arms/p8.js')).default,
  P9: async () => (await import('./arms/p9.js')).none,
  P9M: async () => (await import('./arms/p9.js')).measured,
  P9S: async () => (await import('./arms/p9.js')).traced,
  P10: async () => (await import('./arms/p10.js')).default,
  P10A: async () => (await import('./arms/p10-account.js')).default,
  P11: async () => (await import('./arms/p11.js')).default,
  P11A: async () => (await import('./arms/p11-account.js')).default,
  P12: async () => (await import('./arms/p12.js')).default,
  P12A: async () => (await import('./arms/p12-account.js')).default,
};
