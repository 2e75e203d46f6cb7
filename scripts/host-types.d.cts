// Types that hosts have and ECMAScript has not. Where DOM, Node or another host declares them, nothing is added to theirs. Each host declares
// `setTimeout`; what it declares as a class cannot be seen from here.

type Missing<Name extends string, Members> = typeof globalThis extends
  | Readonly<Record<'setTimeout', unknown>>
  | Readonly<Record<Name, unknown>>
  ? Record<never, never>
  : Members;

type MissingAbortSignal = Missing<
  'AbortSignal',
  {
    readonly aborted: boolean;
    readonly reason: unknown;
    throwIfAborted(): void;
    addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
    removeEventListener(type: 'abort', listener: () => void): void;
  }
>;

type MissingHeaders = Missing<
  'Headers',
  {
    get(name: string): string | null;
    has(name: string): boolean;
    set(name: string, value: string): void;
    append(name: string, value: string): void;
    delete(name: string): void;
    forEach(visit: (value: string, name: string) => void): void;
  }
>;

type MissingURL = Missing<'URL', { readonly href: string; toString(): string }>;

declare global {
  interface AbortSignal extends MissingAbortSignal {}
  interface Headers extends MissingHeaders {}
  interface URL extends MissingURL {}
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
}

export {};
