// @ts-check
import { bareArm } from './bare.js';
import { cockatielFive, holdfastFive } from './five.js';

const RARE_MS = 2.5;
const QUIET_MS = 0.5;

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P1Q',
  kind: 'time',
  show: 'total',
  title: 'Five policies, in a quiet service',
  about:
    'The five policies of P1, but calls do not follow each other without a pause: 400 or 2,000 a second come, each in a turn of the event loop of its own. ' +
    'Nothing can be shared between calls, and the processor has forgotten most of the code when the next one comes. ' +
    'The bare call’s time shows how much of that is not the library’s. Every figure holds one reading of the clock.',
  groups: [
    { id: 'rare', title: 'the five, 400 calls a second', bare: 'bare' },
    { id: 'quiet', title: 'the five, 2,000 calls a second', bare: 'bare-quiet' },
  ],
  arms: [
    bareArm('rare', { everyMs: RARE_MS }),
    holdfastFive({ id: 'holdfast', group: 'rare', everyMs: RARE_MS }),
    cockatielFive({ id: 'cockatiel', group: 'rare', everyMs: RARE_MS }),
    bareArm('quiet', { id: 'bare-quiet', everyMs: QUIET_MS }),
    holdfastFive({ id: 'holdfast-quiet', group: 'quiet', everyMs: QUIET_MS }),
    cockatielFive({ id: 'cockatiel-quiet', group: 'quiet', everyMs: QUIET_MS }),
  ],
};
