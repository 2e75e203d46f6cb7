/** Thrown for a command line that cannot be understood. The message says why. The exit code is 2. */
export class UsageError extends Error {}
