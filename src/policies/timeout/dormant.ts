import type { Call } from '../../pipeline/contract/policy.js';
import type { StraightHalf } from '../../pipeline/contract/straight-half.js';
import { TimeoutPolicy } from './timeout.js';

/** A timeout that bounds only calls with a time of their own. */
export class DormantTimeout extends TimeoutPolicy {
  /** @internal */
  constructor(name: string, what?: string) {
    super({ duration: Infinity, name }, what);
  }

  override enter(call: Call): undefined {
    if (call.setting(call.layer) !== undefined) super.enter(call);
  }

  /** @internal A call with a time of its own is not on the straight path. */
  override straight(): StraightHalf {
    return {};
  }
}
