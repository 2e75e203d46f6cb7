import { nodeIsAtLeast } from './node-version.js';

/** One implementation of fetch, with its own classes. */
export interface Implementation {
  readonly name: string;
  readonly fetch: typeof fetch;
  readonly Request: typeof Request;
  readonly FormData: typeof FormData;
  readonly Headers: typeof Headers;
  /** Options that make fetch use this many connections at most. */
  connections(count: number): { init: object; close: () => Promise<void> };
}

interface UndiciModule {
  readonly Agent: new (options: object) => { destroy(): Promise<void> };
}

async function fromModule(name: string, module: unknown): Promise<Implementation> {
  const { Agent } = module as UndiciModule;
  return {
    ...(module as Omit<Implementation, 'name' | 'connections'>),
    name,
    connections: (count) => {
      const dispatcher = new Agent({ connections: count, pipelining: 1 });
      return { init: { dispatcher }, close: () => dispatcher.destroy() };
    },
  };
}

const undici7 = await fromModule('undici 7', await import('undici'));

/** The global fetch first. undici 8 only where it loads. */
export const implementations: readonly Implementation[] = [
  {
    name: `the global fetch of Node ${process.versions.node}`,
    fetch: globalThis.fetch,
    Request: globalThis.Request,
    FormData: globalThis.FormData,
    Headers: globalThis.Headers,
    connections: undici7.connections,
  },
  undici7,
  ...(nodeIsAtLeast(22, 19) ? [await fromModule('undici 8', await import('undici8'))] : []),
];
