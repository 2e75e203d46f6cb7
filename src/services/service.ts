import type { Client, ClientState } from '../fetch/client/client.js';
import { fetchClient, type ResilientFetch } from '../fetch/client/resilient-fetch.js';
import type { FetchLike, HostFetch } from '../fetch/types.js';
import { startsOver, wayOf } from '../pipeline/lifecycle/start-over.js';
import type { CheckedOperations, OperationFunction } from './call-types.js';
import type { ContractReport } from './contract/report.js';
import type { Operations, ServiceDeclaration } from './declaration.js';
import { operationFunction } from './operation-call.js';
import { wrong } from './operation-options.js';
import { type ContractListener, OperationReports } from './operation-reports.js';
import { resolveService } from './options.js';
import { withoutQuotes } from './quoting-errors.js';

/** What a service has beside its operations. */
export interface ServiceState<Ops = Operations> extends ClientState {
  /** The service's name. */
  readonly name: string;
  /** Whether this process cannot do its work without it. */
  readonly critical: boolean;
  /** The declaration, as it was given. */
  readonly declaration: ServiceDeclaration<Ops, FetchLike>;
  /** The resilient fetch that sends, with the state of the service: for requests that no operation declares. */
  readonly fetch: ResilientFetch<HostFetch>;
  /** Listens to broken contracts and unknown fields. Returns a function that stops it. */
  onContract(listener: (report: ContractReport) => void): () => void;
}

/** A service: a function for each operation, and `$` for everything else. */
export type Service<Ops = Operations> = {
  readonly [K in keyof Ops]: OperationFunction<Ops[K]>;
} & {
  /** State, events and shutdown. No operation can have this name. */
  readonly $: ServiceState<Ops>;
};

/**
 * Declares a service: where it is, and what its operations take and answer. Each operation becomes a function with types. Requests and
 * responses are checked against their contracts.
 *
 * It sends through a `resilientFetch`, whose options it takes, and joins the default registry under its name.
 *
 * @param name Names it in errors, events, telemetry and the registry: 1 to 100 characters.
 * @throws ConfigError when anything in the declaration is wrong.
 * @example
 * const email = defineService('email', {
 *   baseUrl: 'http://email.internal',
 *   operations: {
 *     status: { method: 'GET', path: '/v1/orders/:orderId/status', response: Status },
 *   },
 * });
 * const { state } = await email.status({ params: { orderId } });
 */
export function defineService<Ops extends Operations, F extends FetchLike = HostFetch>(
  name: string,
  declaration: ServiceDeclaration<Ops & CheckedOperations<Ops>, F>,
): Service<Ops> {
  const { address, critical, client: options, operations } = resolveService(name, declaration);
  const listeners = new Set<ContractListener>();
  let client: Client | undefined;
  const sending = {
    ...options,
    get fetch(): FetchLike {
      const { fetch = globalThis.fetch } = options;
      if (fetch !== (client as unknown)) return withoutQuotes(fetch);
      const message = 'the global fetch is that of this service itself: give it the original one';
      throw wrong(options.path, 'fetch', message, undefined);
    },
  };
  const state = fetchClient(sending, (made) => {
    client = made;
    const { on, snapshot, drain, dispose } = made;
    const onContract = (listener: ContractListener) => {
      // A function of its own, so that a listener that was added twice is heard twice.
      const own: ContractListener = (report) => listener(report);
      listeners.add(own);
      return () => void listeners.delete(own);
    };
    return {
      ...{ name, critical, declaration, fetch: made, on, snapshot, drain, dispose, onContract },
      [Symbol.dispose]: dispose,
    } as never;
  });
  const service: Record<string, unknown> = { $: state };
  const calling = { client: client as unknown as Client, address };
  const base = options.baseUrl ?? '';
  for (const operation of operations) {
    const reports = new OperationReports(name, base, operation, listeners);
    service[operation.name] = operationFunction(operation, calling, reports);
  }
  startsOver(service, wayOf(state) as () => void);
  return Object.freeze(service) as unknown as Service<Ops>;
}
