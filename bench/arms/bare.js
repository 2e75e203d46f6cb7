// @ts-check

/** @typedef {import('../types.d.ts').Arm} Arm */

/**
 * `await operation()` in an async function of its own, as every other arm has it.
 *
 * @param {string} group
 * @param {Partial<Arm>} [rest]
 * @returns {Arm}
 */
export const bareArm = (group, rest) => ({
  id: 'bare',
  label: 'bare',
  library: 'bare',
  group,
  policies: [],
  create: (operation) => async () => await operation(),
  ...rest,
});
