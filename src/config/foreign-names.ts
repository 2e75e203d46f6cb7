/** Knows option names from other libraries. People who move over use them first, and their letters are not close to ours. */

/** Our options, each with the names that mean the same elsewhere, whatever the unit. There are blanks between the names. */
export type ForeignNames = Readonly<Record<string, string>>;

/**
 * Says what is meant by an unknown option, as the rest of a message. `undefined` if it does not know the name.
 *
 * @param known The options that exist there.
 */
export type Hint = (name: string, known: readonly string[], value: unknown) => string | undefined;

/** Whether a name is one of those that mean an option of ours. */
export function isNameOf(ours: string, name: string, names: ForeignNames | undefined): boolean {
  return name !== '' && names?.[ours]?.split(' ').includes(name) === true;
}

/** Returns our option for a name from elsewhere. */
export function translated(name: string, names: ForeignNames): string | undefined {
  return Object.keys(names).find((ours) => isNameOf(ours, name, names));
}

/** A hint for the options of one policy. */
export function hintFrom(names: ForeignNames): Hint {
  return (name, known) => {
    const ours = translated(name, names);
    return ours === undefined || !known.includes(ours)
      ? undefined
      : `: did you mean ${asked(name, ours)}?`;
  };
}

function asked(name: string, ours: string): string {
  const countsAttempts = /^(?:max)?tries$|^numOfAttempts$/i.test(name);
  return `"${ours}"${countsAttempts ? NOT_THE_FIRST : ''}`;
}

/** Said where the name counts attempts. Ours count retries. */
export const NOT_THE_FIRST = ', which does not count the first attempt';
