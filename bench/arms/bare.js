// @ts-check

/**
 * `await operation()` in an async function of its own, as every other arm has it. Each path has two of them:
 * the ratio of the second to the first is the noise floor of the run.
 *
 * @param {string} group
 * @returns {import('../types.d.ts').Arm[]}
 */
export const bareArms = (group) => [
  {
    id: 'bare',
    label: 'bare',
    library: 'bare',
    group,
    policies: [],
    create: (operation) => async () => await operation(),
  },
  {
    id: 'bare-again',
    label: 'bare, again',
    library: 'bare',
    group,
    policies: [],
    create: (operation) => async () => await operation(),
  },
];
