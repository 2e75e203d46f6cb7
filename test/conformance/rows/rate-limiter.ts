import type { RateLimiterOptions } from 'holdfast';
import { rateLimiter } from 'holdfast';
import type { Scene } from '../scene.js';
import type { Row, Subject } from '../table.js';
import { cannot, cases, ends, usual } from '../table.js';

/** One permit, and the next one in half a minute: what is counted is what is left. */
function one(options: Partial<RateLimiterOptions>) {
  const policy = rateLimiter({ limit: 1, per: '30s', ...options });
  const subject: Subject = {
    layers: [policy],
    waiting: () => policy.snapshot().queued,
  };
  return { policy, subject };
}

/** Its permit has been taken by another call. */
const taken =
  (options: Partial<RateLimiterOptions>) =>
  (scene: Scene): Subject => {
    const { policy, subject } = one(options);
    scene.another(policy);
    return subject;
  };

const plain: Row['plain'] = () => {
  const { policy, subject } = one({ per: '1h' });
  return { ...subject, counts: () => `${policy.snapshot().available} left` };
};

const taking = usual({ counts: '0 left' });
const keeping = usual({ counts: '1 left' });
const refused = ['rejection by rate_limiter: rate_limited', 'call rejected'];

export const rateLimiterRow: Row = {
  name: 'rate limiter',
  page: 'policies/rate-limiter.md',
  plain,
  waits: { queue: taken({ maxWait: '1m' }) },
  refuses: taken({}),
  waives: taken({ dryRun: true }),
  cells: {
    returns: taking,
    resolves: taking,
    throws: taking,
    rejects: taking,
    'failed result': taking,
    'judged result': taking,
    forgiven: taking,
    ignored: taking,
    'timeout inside': taking,
    'timeout outside': taking,
    'own timeout': taking,
    'late result': taking,
    'late rejection': taking,
    'abort before': keeping,
    'abort during': taking,
    'given up inside': taking,
    'callers timeout': taking,
    'past deadline': keeping,
    waits: cases({
      queue: ends('the answer', ['queued by rate_limiter', 'attempt 1 success', 'call success']),
    }),
    'abort in a wait': cases({
      queue: ends('the reason', ['queued by rate_limiter', 'call cancelled']),
    }),
    // Its turn would come after the deadline: it is refused at once.
    'timeout in a wait': cases({ queue: ends('ERR_RATE_LIMITED', refused) }),
    'own timeout in a wait': cases({ queue: ends('ERR_RATE_LIMITED', refused) }),
    'waits in vain': cannot(
      'A call that would wait for too long is refused at once. `test/policies/rate-limiter/rate-limiter.test.ts` shows what a late timer does.',
    ),
    refuses: ends('ERR_RATE_LIMITED', refused),
    'would refuse': ends('the answer', [
      'rejection by rate_limiter: rate_limited (dry run)',
      'attempt 1 success',
      'call success',
    ]),
    'refusal inside': taking,
    draining: keeping,
    'callback throws': cannot('It has no callbacks.'),
    'isFailure throws': taking,
    'listener throws': taking,
    'listener aborts': taking,
    'listener aborts a wait': cases({
      queue: ends('the reason', ['queued by rate_limiter', 'call cancelled']),
    }),
    'discard throws': taking,
  },
};
