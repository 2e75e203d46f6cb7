import { builtinModule } from '../host.js';
import type { PipelineEvent } from '../pipeline/contract/events.js';
import { channel } from './first-names.js';

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsChannel {
  channel(name: string): Channel;
}

/** A channel for hosts that have none. */
const SILENT: Channel = { hasSubscribers: false, publish() {} };

/** The channels, for tools that do not speak OpenTelemetry. Outside Node they are silent. */
export class Channels {
  readonly #call: Channel;
  readonly #attempt: Channel;
  readonly #transition: Channel;

  constructor(module: DiagnosticsChannel | undefined) {
    const open = (name: string): Channel => module?.channel(name) ?? SILENT;
    this.#call = open(channel.call);
    this.#attempt = open(channel.attempt);
    this.#transition = open(channel.transition);
  }

  /** Whether anybody listens to any channel. Then calls have to be watched. */
  get active(): boolean {
    return this.wants('call') || this.wants('attempt') || this.wants('transition');
  }

  /** Whether anybody listens to events of this type. */
  wants(type: PipelineEvent['type']): boolean {
    return this.#of(type).hasSubscribers;
  }

  publish(event: PipelineEvent): void {
    if (this.wants(event.type)) this.#of(event.type).publish(event);
  }

  #of(type: PipelineEvent['type']): Channel {
    if (type === 'call') return this.#call;
    if (type === 'attempt') return this.#attempt;
    return type === 'transition' ? this.#transition : SILENT;
  }
}

let shared: Channels | undefined;

/** The channels of this process, opened when the first pipeline asks for them. */
export function channels(): Channels {
  shared ??= new Channels(
    builtinModule('node:diagnostics_channel') as DiagnosticsChannel | undefined,
  );
  return shared;
}
