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
    return (
      this.#call.hasSubscribers || this.#attempt.hasSubscribers || this.#transition.hasSubscribers
    );
  }

  get wantsCalls(): boolean {
    return this.#call.hasSubscribers;
  }

  get wantsAttempts(): boolean {
    return this.#attempt.hasSubscribers;
  }

  get wantsTransitions(): boolean {
    return this.#transition.hasSubscribers;
  }

  publish(event: PipelineEvent): void {
    const to = this.#of(event.type);
    if (to?.hasSubscribers === true) to.publish(event);
  }

  #of(type: PipelineEvent['type']): Channel | undefined {
    if (type === 'call') return this.#call;
    if (type === 'attempt') return this.#attempt;
    return type === 'transition' ? this.#transition : undefined;
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
