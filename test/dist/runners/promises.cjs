/** What must hold under the fakes of every runner. `exact` where no time passes by itself. */
exports.fakes = function fakes(
  holdfast,
  { name, install, advance, restore, exact, describe, it, expect },
) {
  const { circuitBreaker, pipeline, rateLimiter, retry, timeout } = holdfast;
  const breakerOf = () =>
    circuitBreaker({ failingFor: 0, openFor: '5s', random: () => 0.5, rampFor: 0 });
  const fail = async (calls) => {
    for (let i = 0; i < 30; i++) await calls.settle(() => Promise.reject(new Error('boom')));
  };
  const ended = (promise) => {
    const state = { is: 'pending' };
    promise.then(
      () => (state.is = 'fulfilled'),
      () => (state.is = 'rejected'),
    );
    return state;
  };

  /** Fails by taking too long for the runner. */
  async function until(holds) {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async function within(body) {
    install();
    try {
      await body();
    } finally {
      restore();
    }
  }

  describe(name, () => {
    it('B5: an open breaker probes when its time is over', () =>
      within(async () => {
        const breaker = breakerOf();
        const calls = pipeline('breaker', breaker);
        await fail(calls);
        expect(breaker.state).toBe('open');
        await advance(exact ? 4_999 : 3_000);
        expect(breaker.state).toBe('open');
        await advance(exact ? 1 : 2_000);
        expect(breaker.state).toBe('half_open');
      }));

    it('B5: also one that was made and opened before', async () => {
      const breaker = breakerOf();
      await fail(pipeline('breaker', breaker));
      await within(async () => {
        expect(breaker.state).toBe('open');
        await advance(60_000);
        expect(breaker.state).toBe('half_open');
      });
      expect(breaker.state).toBe('half_open');
    });

    it('L1: a waiter is let in when there is a permit', () =>
      within(async () => {
        const calls = pipeline('limiter', rateLimiter({ limit: 1, per: '10s', maxWait: '1m' }));
        await calls.execute(() => 1);
        const waiter = ended(calls.execute(() => 2));
        await advance(exact ? 9_999 : 5_000);
        expect(waiter.is).toBe('pending');
        await advance(60_000);
        expect(waiter.is).toBe('fulfilled');
      }));

    it('R3, T1: retries and timeouts come in time', () =>
      within(async () => {
        let attempts = 0;
        const calls = pipeline(
          'retry',
          timeout('30s'),
          retry({ maxRetries: 1, initialDelay: '4s', maxDelay: '4s', jitter: 'none' }),
        );
        const call = ended(
          calls.execute(() => {
            attempts += 1;
            return attempts === 1 ? Promise.reject(new Error('boom')) : new Promise(() => {});
          }),
        );
        await advance(exact ? 3_999 : 2_000);
        expect(attempts).toBe(1);
        await advance(exact ? 1 : 2_000);
        expect(attempts).toBe(2);
        await advance(26_000);
        expect(call.is).toBe('rejected');
      }));

    it('goes on in real time', async () => {
      const breaker = circuitBreaker({ openFor: '10ms', random: () => 0.5 });
      const calls = pipeline('both', breaker, timeout('20ms'));
      await within(async () => {
        await calls.execute(() => 1);
        await advance(60_000);
        breaker.trip();
      });
      await until(() => breaker.state === 'half_open');
      const hung = ended(calls.execute(() => new Promise(() => {})));
      await until(() => hung.is === 'rejected');
    });
  });
};
