/** What the core does on every runtime, with nothing but what all of them have. */
import {
  BulkheadFullError,
  bulkhead,
  CircuitOpenError,
  circuitBreaker,
  deadlineFrom,
  fallback,
  pipeline,
  rateLimiter,
  retry,
  runWithin,
  TimeoutError,
  timeout,
} from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function equal(actual, expected) {
  if (Object.is(actual, expected)) return;
  throw new Error(`${String(actual)}, and not ${String(expected)}`);
}

export function ok(value, message) {
  if (!value) throw new Error(String(message));
}

export const failing = (promise) =>
  promise.then(
    () => {
      throw new Error('no failure');
    },
    (error) => error,
  );

export const coreChecks = {
  async 'a deadline is inherited where there is an AsyncLocalStorage, and can be given anywhere'() {
    const calls = pipeline('calls', retry());
    const left = ({ timeLeft }) => timeLeft;
    const deadline = deadlineFrom(new Headers({ 'grpc-timeout': '1M' }));
    const given = await calls.execute(left, { deadline });
    ok(given > 30_000 && given <= 60_000, given);
    let inherited;
    try {
      inherited = await runWithin(deadline, async () => {
        await sleep(1);
        return calls.execute(left);
      });
    } catch (error) {
      equal(error.code, 'ERR_CONFIG');
      return;
    }
    ok(inherited > 30_000 && inherited < 60_000, inherited);
    equal(await calls.execute(left), Infinity);
  },
  async 'a success goes through five policies'() {
    const five = pipeline(
      'five',
      fallback(() => 0),
      retry(),
      circuitBreaker(),
      timeout('1s'),
      bulkhead({ maxConcurrent: 2 }),
    );
    equal(await five.execute(async () => 1), 1);
  },
  async 'a failure is tried again after a delay'() {
    const retried = pipeline('retried', retry({ initialDelay: 10, maxDelay: 10, budget: false }));
    let attempts = 0;
    const operation = async () => {
      attempts++;
      if (attempts < 3) throw new Error('down');
      return attempts;
    };
    equal(await retried.execute(operation), 3);
  },
  async 'a call that takes too long ends with a TimeoutError, and its signal is aborted'() {
    let signal;
    const operation = (call) => {
      signal = call.signal;
      return sleep(2_000);
    };
    const startedAt = performance.now();
    const error = await failing(pipeline('slow', timeout(100)).execute(operation));
    const took = performance.now() - startedAt;
    ok(error instanceof TimeoutError, error);
    equal(signal.aborted, true);
    ok(took >= 98 && took < 1_500, `${took} ms`);
  },
  async 'calls wait for a slot, in order, and no longer than they may'() {
    const options = { maxConcurrent: 1, maxQueued: 3, maxWait: '1s' };
    const narrow = pipeline('narrow', bulkhead(options));
    const order = [];
    const call = (name) =>
      narrow.execute(async () => {
        await sleep(20);
        order.push(name);
      });
    await Promise.all(['a', 'b', 'c'].map(call));
    equal(order.join(), 'a,b,c');
    const impatient = pipeline('impatient', bulkhead({ ...options, maxWait: 30 }));
    const first = impatient.execute(() => sleep(300));
    ok((await failing(impatient.execute(() => 1))) instanceof BulkheadFullError, 'waited on');
    await first;
  },
  async 'calls wait for a permit'() {
    const limiter = rateLimiter({ limit: 1, per: 50, burst: 1, maxWait: '2s' });
    const limited = pipeline('limited', limiter);
    const startedAt = performance.now();
    await Promise.all([1, 2, 3].map((each) => limited.execute(async () => each)));
    const took = performance.now() - startedAt;
    ok(took >= 90, `${took} ms`);
  },
  async 'a breaker opens, lets a probe through, and closes'() {
    // Long enough for a machine that stops for a while between two calls.
    const openFor = 2_000;
    const breaker = circuitBreaker({
      consecutiveFailures: 2,
      failingFor: 0,
      openFor,
      openForSpread: 0,
      probes: 1,
      rampFor: 0,
    });
    const guarded = pipeline('guarded', breaker);
    const down = () => Promise.reject(new Error('down'));
    await failing(guarded.execute(down));
    await failing(guarded.execute(down));
    ok((await failing(guarded.execute(() => 1))) instanceof CircuitOpenError, 'closed');
    await sleep(openFor + 200);
    equal(await guarded.execute(() => 1), 1);
    equal(breaker.state, 'closed');
  },
  async 'a virtual clock drives it'() {
    const clock = new VirtualClock();
    const slow = pipeline({ name: 'slow', clock }, timeout('1h'));
    const outcome = failing(slow.execute(() => new Promise(() => {})));
    await clock.advance('1h');
    ok((await outcome) instanceof TimeoutError, 'no TimeoutError');
  },
};

/** Runs checks, and returns the name of each with why it failed, `undefined` if it did not. */
export async function runAll(checks) {
  const results = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      results.push([name, undefined]);
    } catch (error) {
      results.push([name, String(error?.stack ?? error)]);
    }
  }
  return results;
}
