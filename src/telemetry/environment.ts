interface HostProcess {
  emitWarning?(message: string, options: { readonly code: string }): void;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The process, if there is one. Browsers and workers have none. */
export function hostProcess(): HostProcess | undefined {
  return (globalThis as { readonly process?: HostProcess }).process;
}

/** The value of an environment variable. */
export function fromEnvironment(name: string): string | undefined {
  try {
    return hostProcess()?.env?.[name];
  } catch {
    // Deno throws here without the permission to read it.
    return undefined;
  }
}
