/** A command line that cannot be understood: the message says why, and the exit code is 2. */
export class UsageError extends Error {}
