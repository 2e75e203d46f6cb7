// @ts-check
import { strict as assert } from 'node:assert';
import * as cockatiel from 'cockatiel4';
import { CircuitOpenError, pipeline } from 'holdfast';
import { BreakerState, Circuit, SlidingTimeBreaker } from 'mollitia';
import CircuitBreaker from 'opossum';
import { counted } from '../harness/check.js';
import { ofCockatiel as c, ofHoldfast as h, ofOpossum as o } from '../libraries.js';
import { ANSWER, FAILURE, settings } from '../settings.js';
import { bareArm } from './bare.js';

/** @typedef {import('../types.d.ts').Arm} Arm */

const fails = async () => {
  throw FAILURE;
};

/** As every rejection makes an error of its own, so does this. */
const throwsAnew = async () => {
  throw new Error('upstream failed');
};

/** A holdfast pipeline whose breaker has been opened by failing calls. */
async function openPipeline() {
  const policy = pipeline('open', h.breaker());
  for (let i = 0; i < 2 * settings.minimumCalls; i++) await policy.settle(fails);
  return policy;
}

/**
 * The open breaker refuses with an error of its own and never calls the operation.
 * @param {(result: unknown) => unknown} errorOf
 * @returns {(arm: Arm) => Promise<void>}
 */
const refuses = (errorOf) => async (arm) => {
  const upstream = counted(async () => ANSWER);
  const call = await arm.create(upstream.operation, {});
  for (let i = 0; i < 3; i++) {
    const error = errorOf(await call());
    assert.ok(error instanceof Error, 'an error');
    assert.notEqual(error, FAILURE, 'an error of the breaker');
    if (arm.library === 'holdfast') {
      assert.ok(error instanceof CircuitOpenError, 'a CircuitOpenError');
      assert.ok(Number(error.retryAfter) > 0, 'the time left');
    }
  }
  assert.equal(upstream.calls, 0, 'calls admitted by the open breaker');
};
const caught = refuses((error) => error);
const settled = refuses((result) => {
  const { status, reason } = /** @type {PromiseRejectedResult} */ (result);
  assert.equal(status, 'rejected');
  return reason;
});

/** @type {import('../types.d.ts').CallPath} */
export default {
  id: 'P4',
  kind: 'time',
  show: 'total',
  title: 'Open circuit breaker',
  about:
    'A circuit breaker alone, open: the operation is not called. `settle` answers the rejection as a value; `execute` throws it, ' +
    'and the caller catches. The bare counterpart of the latter throws and catches a new error.',
  groups: [
    { id: 'settle', title: 'settle', bare: 'bare' },
    { id: 'catch', title: 'execute and catch', bare: 'bare-catch' },
  ],
  arms: [
    bareArm('settle'),
    {
      id: 'holdfast-settle',
      label: 'holdfast, settle',
      library: 'holdfast',
      group: 'settle',
      policies: ['breaker'],
      check: settled,
      async create(operation) {
        const policy = await openPipeline();
        return async () => await policy.settle(operation);
      },
    },
    {
      id: 'bare-catch',
      label: 'bare throw and catch',
      library: 'bare',
      group: 'catch',
      policies: [],
      check: async (arm) => {
        const call = await arm.create(fails, {});
        assert.ok((await call()) instanceof Error);
      },
      create: () => async () => {
        try {
          return await throwsAnew();
        } catch (error) {
          return error;
        }
      },
    },
    {
      id: 'holdfast-catch',
      label: 'holdfast',
      library: 'holdfast',
      group: 'catch',
      policies: ['breaker'],
      check: caught,
      async create(operation) {
        const policy = await openPipeline();
        return async () => {
          try {
            return await policy.execute(operation);
          } catch (error) {
            return error;
          }
        };
      },
    },
    {
      id: 'cockatiel-catch',
      label: 'cockatiel',
      library: 'cockatiel',
      group: 'catch',
      policies: ['breaker'],
      check: caught,
      async create(operation) {
        const policy = c.breaker();
        for (let i = 0; i < 2 * settings.minimumCalls; i++)
          await policy.execute(fails).catch(() => {});
        assert.equal(policy.state, cockatiel.CircuitState.Open);
        return async () => {
          try {
            return await policy.execute(operation);
          } catch (error) {
            return error;
          }
        };
      },
    },
    {
      id: 'opossum-catch',
      label: 'opossum',
      library: 'opossum',
      group: 'catch',
      policies: ['breaker'],
      check: caught,
      create(operation) {
        const policy = new CircuitBreaker(operation, { ...o.breaker, ...o.noTimeout });
        policy.open();
        return async () => {
          try {
            return await policy.fire();
          } catch (error) {
            return error;
          }
        };
      },
    },
    {
      id: 'mollitia-catch',
      label: 'mollitia',
      library: 'mollitia',
      group: 'catch',
      policies: ['breaker'],
      check: caught,
      create(operation) {
        const breaker = new SlidingTimeBreaker({
          state: BreakerState.OPENED,
          openStateDelay: settings.openForMs,
        });
        const policy = new Circuit({ func: operation, options: { modules: [breaker] } });
        return async () => {
          try {
            return await policy.execute();
          } catch (error) {
            return error;
          }
        };
      },
    },
  ],
};
