import type { CallOptions, Pipeline, PipelineLayer } from 'holdfast';
import type { Behaviour, Extras, Scene } from './scene.js';
import type { EndingName, Expected, Row, SetUp, Subject } from './table.js';

/** A way for a call to end. */
export interface Ending {
  /** For the page: "A call whose operation ..." */
  readonly title: string;
  /** What the operation does, one attempt after another. */
  readonly script: readonly Behaviour[];
  /** The set-ups of a row that it is tried with: by the name of the case, or one without a name. */
  readonly setUps: (row: Row) => Readonly<Record<string, SetUp>>;
  /** Puts the policy among others. */
  readonly around?: (layers: readonly PipelineLayer[]) => readonly PipelineLayer[];
  readonly extras?: Partial<Extras>;
  /** What the call sets for itself. */
  readonly options?: CallOptions;
  /** Before the call is made. */
  readonly before?: (scene: Scene, made: Pipeline<unknown>) => unknown;
  /** After it: until it has settled. */
  readonly act: (scene: Scene, subject: Subject) => Promise<void>;
  /** The caller aborts. */
  readonly aborts?: boolean;
  /** It is a listener that has it end. */
  readonly needsListener?: boolean;
  /** The call ends before it comes to the policy. */
  readonly unentered?: boolean;
  /** It ends while no operation runs. */
  readonly unasked?: boolean;
  /** How what is left running ends, once the call has settled. */
  readonly late?: 'resolves' | 'rejects';
  /** Calls of the user's that throw where nobody sees it but `diag`. */
  readonly faults?: 'each event' | 'each discard';
  /** What most policies do. Or: the same as in another ending. */
  readonly usual?: Expected | EndingName;
}
