interface HostProcess {
  emitWarning?(message: string, options: { readonly code: string }): void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The process, where there is one; browsers and workers have none. */
export function hostProcess(): HostProcess | undefined {
  return (globalThis as { readonly process?: HostProcess }).process;
}

/** What the environment says. */
export function fromEnvironment(name: string): string | undefined {
  try {
    return hostProcess()?.env?.[name];
  } catch {
    // Deno, which was not allowed to tell.
    return undefined;
  }
}
