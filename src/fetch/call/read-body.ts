import type { Pipeline } from '../../pipeline/pipeline.js';
import type { ResolvedClient } from '../options.js';
import type { AnsweredCall } from './call-body.js';
import { CallBody } from './call-body.js';

/** The bounds of a body that is read within the policies. Its failure is the attempt's, and does not come late. */
export class ReadBody extends CallBody {
  readonly #told: (failure: unknown) => void;

  constructor(
    response: unknown,
    pipeline: Pipeline<unknown>,
    options: ResolvedClient,
    call: AnsweredCall,
    told: (failure: unknown) => void,
  ) {
    super(response, pipeline, options, call, undefined, Infinity);
    this.#told = told;
  }

  override onEnd(failure: unknown): void {
    this.#told(failure);
  }
}
