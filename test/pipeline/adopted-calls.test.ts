import type { Call, Context } from 'holdfast';
import { pipeline } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { Attempt } from '../../src/pipeline/call/attempt.js';
import { Delivery } from '../../src/pipeline/call/delivery.js';
import { Pass } from '../../src/pipeline/call/pass.js';
import type { Operation } from '../../src/pipeline/contract/context.js';
import { again, gate, logged } from './support/layers.js';

/** A call that was let in by somebody else, and whose operation runs. */
function running(of: ReturnType<typeof pipeline>, operation: Operation, states: unknown[]) {
  let settler!: { resolve(value: unknown): void; reject(reason: unknown): void };
  const promise = new Promise((resolve, reject) => {
    settler = { resolve, reject };
  });
  const context = new Attempt({ pipeline: of.name, deadline: Infinity, time: of.time });
  context.attempt = 1;
  (of as { inFlight: number }).inFlight++;
  const pass = Pass.adopt({
    host: of,
    plan: of.plan,
    operation,
    settings: undefined,
    delivery: Delivery.execute,
    settler,
    context,
    states,
    home: undefined,
  });
  return { pass, promise, context: context as Context };
}

describe('a call that runs already', () => {
  it('leaves through the gates that have let it in, with what they keep for it', async () => {
    const seen: unknown[] = [];
    const adopting = pipeline(
      'adopting',
      gate({ exit: (call, outcome) => seen.push(call.state, outcome.kind) }),
    );
    const { pass, promise } = running(adopting, () => 'again', ['kept']);
    pass.fulfilled('done');
    expect(await promise).toBe('done');
    expect(seen).toEqual(['kept', 'success']);
    expect(adopting.inFlight).toBe(0);
    expect(adopting.tally.calls).toMatchObject([{ outcome: 'success', once: 1, retried: 0 }]);
  });

  it('is retried when it fails', async () => {
    const log: string[] = [];
    const adopting = pipeline('adopting', again(2), logged(log, 'inner'));
    const { pass, promise } = running(adopting, ({ attempt }) => attempt, [undefined, undefined]);
    pass.rejected(new Error('no'));
    expect(await promise).toBe(2);
    expect(log).toEqual(['inner exit failure', 'inner enter', 'inner exit success']);
    expect(adopting.tally.calls).toMatchObject([{ outcome: 'success', once: 0, retried: 1 }]);
  });

  it('can be given up while its operation goes on', async () => {
    const discarded: unknown[] = [];
    let left: Call | undefined;
    const adopting = pipeline(
      { name: 'adopting', discard: (value) => void discarded.push(value) },
      gate({ mayAbandon: true }),
      gate({ holds: true, exit: (call) => void (left = call) }),
    );
    const { pass, promise, context } = running(adopting, () => 0, [undefined, undefined]);
    const error = new Error('enough');
    pass.abandon(0, error);
    await expect(promise).rejects.toBe(error);
    expect(context.signal.reason).toBe(error);
    expect(left).toBe(undefined);
    pass.fulfilled('late');
    expect(left).toBe(pass.view);
    expect(discarded).toEqual(['late']);
    expect(adopting.inFlight).toBe(0);
  });
});
