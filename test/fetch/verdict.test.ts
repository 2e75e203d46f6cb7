import { RejectedError, TimeoutError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { delayReader, isToRepeat, retryHandle } from '../../src/fetch/retry/retry-rule.js';
import { statusIn } from '../../src/fetch/verdict/answer.js';
import {
  markAgain,
  markClassified,
  markElsewhere,
  markFailed,
  markFinal,
  markOwnTimeout,
  markRetryAfter,
  markStatus,
} from '../../src/fetch/verdict/result-notes.js';
import {
  classified,
  countingHandle,
  failedStatus,
  isFailedAnswer,
  isFetchFailure,
  isFetchOverload,
  isSureAnswer,
  ruleBeside,
  signOf,
} from '../../src/fetch/verdict/verdict.js';
import type { Outcome } from '../../src/pipeline/outcome/outcome.js';
import { failure, success } from '../../src/pipeline/outcome/outcome.js';
import { handlesOf } from '../../src/policies/filter.js';
import { markOwnFault } from '../../src/policies/own-fault.js';
import { signsOf } from '../../src/policies/sign.js';
import { VirtualClock } from '../../src/testing/index.js';

const answer = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
});
/** undici's, which has another word for the status. */
const undiciAnswer = (statusCode: number) => ({ statusCode, headers: {} });
const coded = (code: string, fields: object = {}) =>
  Object.assign(new Error('no answer'), { code }, fields);
const aborted = () => new DOMException('gave up', 'AbortError');
const proxyWantsCredentials = () =>
  coded('UND_ERR_ABORTED', { message: 'Proxy response (407) !== 200 when HTTP Tunneling' });
const noted = <T extends object>(result: T, mark: (result: T) => void): T => {
  mark(result);
  return result;
};

interface Verdict {
  /** Whether it is a failure. */
  readonly fails: boolean;
  readonly sign: 'success' | 'failure' | 'busy' | 'nothing';
  readonly overload?: boolean;
  readonly status?: number;
}

const TABLE: readonly (readonly [string, Outcome, Verdict])[] = [
  ['200', success(answer(200)), { fails: false, sign: 'success', status: 200 }],
  ['404', success(answer(404)), { fails: false, sign: 'success', status: 404 }],
  ['407', success(answer(407)), { fails: false, sign: 'nothing', status: 407 }],
  ['408', success(answer(408)), { fails: true, sign: 'failure', status: 408 }],
  ['429', success(answer(429)), { fails: true, sign: 'busy', overload: true, status: 429 }],
  ['500', success(answer(500)), { fails: true, sign: 'failure', status: 500 }],
  ['501', success(answer(501)), { fails: false, sign: 'success', status: 501 }],
  ['503', success(answer(503)), { fails: true, sign: 'failure', overload: true, status: 503 }],
  ['504', success(answer(504)), { fails: true, sign: 'failure', overload: true, status: 504 }],
  ['524', success(answer(524)), { fails: true, sign: 'failure', overload: true, status: 524 }],
  ['529', success(answer(529)), { fails: true, sign: 'failure', overload: true, status: 529 }],
  ['598', success(answer(598)), { fails: true, sign: 'failure', overload: true, status: 598 }],
  ['599', success(answer(599)), { fails: true, sign: 'failure', status: 599 }],
  [
    'a 200 whose body says what a 429 says',
    success(
      noted(answer(200), (response) => {
        markClassified(response, true);
        markStatus(response, 429);
      }),
    ),
    { fails: true, sign: 'busy', overload: true, status: 200 },
  ],
  [
    'a 200 whose body says what a 500 says',
    success(
      noted(answer(200), (response) => {
        markClassified(response, true);
        markStatus(response, 500);
      }),
    ),
    { fails: true, sign: 'failure', status: 200 },
  ],
  [
    'undici 503',
    success(undiciAnswer(503)),
    { fails: true, sign: 'failure', overload: true, status: 503 },
  ],
  ['a result of something else', success({ status: 'fine' }), { fails: false, sign: 'success' }],
  ['no result', success(undefined), { fails: false, sign: 'success' }],
  ['null', success(null), { fails: false, sign: 'success' }],
  ['a broken connection', failure(coded('ECONNRESET')), { fails: true, sign: 'failure' }],
  [
    'a broken connection as cause',
    failure(new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })),
    { fails: true, sign: 'failure' },
  ],
  [
    'an answer that did not come in time',
    failure(coded('UND_ERR_HEADERS_TIMEOUT')),
    { fails: true, sign: 'failure', overload: true },
  ],
  ['a mistake of the caller', failure(coded('ERR_INVALID_URL')), { fails: false, sign: 'nothing' }],
  ['a certificate', failure(coded('CERT_HAS_EXPIRED')), { fails: false, sign: 'nothing' }],
  [
    'a proxy that wants credentials',
    failure(proxyWantsCredentials()),
    { fails: false, sign: 'nothing' },
  ],
  ['an abort', failure(aborted()), { fails: false, sign: 'nothing' }],
  ['an error of a program', failure(new RangeError('no')), { fails: false, sign: 'nothing' }],
  ['what is no error', failure('no'), { fails: false, sign: 'nothing' }],
  ['undefined', failure(undefined), { fails: false, sign: 'nothing' }],
  [
    'an error made of a 503',
    failure(coded('ERR_BAD_RESPONSE', { response: answer(503) })),
    { fails: true, sign: 'failure', overload: true, status: 503 },
  ],
  [
    'an error made of a 429, without a code',
    failure(Object.assign(new Error('too many'), { response: answer(429) })),
    { fails: true, sign: 'busy', overload: true, status: 429 },
  ],
  [
    'an error made of a 404',
    failure(coded('ERR_BAD_REQUEST', { response: answer(404) })),
    { fails: false, sign: 'success', status: 404 },
  ],
  [
    'an error made of a 407',
    failure(coded('ERR_BAD_REQUEST', { response: answer(407) })),
    { fails: false, sign: 'nothing', status: 407 },
  ],
  [
    'an error that is a 500 itself',
    failure(coded('UND_ERR_RESPONSE', { statusCode: 500, headers: {} })),
    { fails: true, sign: 'failure', status: 500 },
  ],
  [
    'an error whose cause is a 502',
    failure(new Error('no', { cause: answer(502) })),
    { fails: true, sign: 'failure', status: 502 },
  ],
  [
    'an error whose response says nothing, but which is a 502',
    failure(Object.assign(new Error('no'), { response: {}, status: 502, headers: {} })),
    { fails: true, sign: 'failure', status: 502 },
  ],
  [
    'an error of a status that it does not say',
    failure(coded('UND_ERR_RESPONSE')),
    { fails: true, sign: 'failure' },
  ],
  [
    'the status of a process',
    failure(Object.assign(new Error('exited'), { status: 1 })),
    // Not a failure of a request, and whoever ran did answer.
    { fails: false, sign: 'success' },
  ],
  [
    'an error whose response has another kind of status, but whose cause is a 502',
    failure(Object.assign(new Error('no', { cause: answer(502) }), { response: { status: 'no' } })),
    { fails: true, sign: 'failure', status: 502 },
  ],
  [
    'a 429 with another response in it',
    success({ ...answer(429), response: answer(500) }),
    { fails: true, sign: 'busy', overload: true, status: 429 },
  ],
  [
    'a 500 with another response in it',
    success({ ...answer(500), response: answer(503, { 'x-should-retry': 'false' }) }),
    { fails: true, sign: 'failure', status: 500 },
  ],
  ['a result that is an error', success(coded('ETIMEDOUT')), { fails: false, sign: 'success' }],
  [
    'a timeout of any name',
    failure(new Error('slow'), 'timeout'),
    { fails: true, sign: 'failure', overload: true },
  ],
  [
    'a refusal that looks like a 503',
    failure(
      Object.assign(new RejectedError('full'), {
        response: answer(503, { 'x-should-retry': 'true' }),
      }),
    ),
    { fails: false, sign: 'nothing', status: 503 },
  ],
  [
    'a call given up for a broken connection',
    failure(coded('ECONNRESET'), 'cancelled'),
    { fails: false, sign: 'nothing' },
  ],
  [
    'a 400 that classify calls a failure',
    success(noted(answer(400), (result) => markFailed(result, true))),
    { fails: true, sign: 'failure', status: 400 },
  ],
  [
    'a timeout',
    failure(new TimeoutError('slow')),
    { fails: true, sign: 'failure', overload: true },
  ],
  ['a refusal', failure(new RejectedError('full')), { fails: false, sign: 'nothing' }],
  ['the caller’s abort', failure(aborted(), 'cancelled'), { fails: false, sign: 'nothing' }],
  [
    'a 200 that classify calls a failure',
    success(noted(answer(200), (result) => markFailed(result, true))),
    { fails: true, sign: 'failure', status: 200 },
  ],
  [
    'a 503 that classify calls none',
    success(noted(answer(503), (result) => markFailed(result, false))),
    // Still a sign of too much to do.
    { fails: false, sign: 'success', overload: true, status: 503 },
  ],
  [
    'an error that classify calls none',
    failure(noted(coded('ECONNRESET'), (result) => markFailed(result, false))),
    { fails: false, sign: 'nothing' },
  ],
  [
    'an error that classify calls one',
    failure(noted(new RangeError('no'), (result) => markFailed(result, true))),
    { fails: true, sign: 'failure' },
  ],
  [
    'a refusal that classify calls a failure',
    failure(noted(new RejectedError('full'), (result) => markFailed(result, true))),
    { fails: true, sign: 'failure' },
  ],
  [
    'a timeout that classify calls none',
    failure(noted(new TimeoutError('slow'), (result) => markFailed(result, false))),
    { fails: false, sign: 'success', overload: true },
  ],
  [
    'a client’s own abort',
    failure(noted(aborted(), markOwnTimeout)),
    { fails: true, sign: 'failure', overload: true },
  ],
  [
    'a 503 of another upstream',
    success(noted(answer(503), markElsewhere)),
    { fails: true, sign: 'success', status: 503 },
  ],
  [
    'a broken connection of another upstream',
    failure(noted(coded('ECONNRESET'), markElsewhere)),
    { fails: true, sign: 'success' },
  ],
  [
    'a 200 of another upstream',
    success(noted(answer(200), markElsewhere)),
    { fails: false, sign: 'success', status: 200 },
  ],
  [
    'a timeout in the client’s own code',
    failure(noted(new TimeoutError('slow'), markOwnFault)),
    { fails: true, sign: 'nothing' },
  ],
];

describe('what an outcome over HTTP is', () => {
  it.each(TABLE)('X2: %s', (_what, outcome, { fails, sign, overload = false, status }) => {
    expect(isFetchFailure(outcome)).toBe(fails);
    expect(signOf(outcome)).toBe(sign);
    expect(isFetchOverload(outcome)).toBe(overload);
    expect(retryHandle(undefined)(outcome)).toBe(outcome.kind !== 'cancelled' && fails);
    expect(statusIn(outcome.kind === 'success' ? outcome.value : outcome.error)).toBe(status);
    if (outcome.kind !== 'success') return;
    expect(isFailedAnswer(outcome.value)).toBe(fails);
    expect(isToRepeat(outcome.value)).toBe(fails);
    const word = status !== undefined && status >= 400 ? String(status) : '_OTHER';
    expect(failedStatus(outcome.value)).toBe(fails ? word : undefined);
  });

  it('X2: of what is no status of a response nothing is told', () => {
    for (const status of [0, 99, 1_000, Number.NaN]) expect(statusIn({ status })).toBeUndefined();
    for (const status of [100, 999]) expect(statusIn({ status })).toBe(status);
  });

  it('X2: a filter of one’s own decides what fails, and the sign follows', () => {
    expect(countingHandle(undefined)).toBe(isFetchFailure);
    const handle = countingHandle((outcome) => outcome.kind === 'success' && outcome.value === 1);
    const handles = handlesOf(handle, () => false);
    const signs = signsOf(handle, () => false);
    expect([handles(success(1)), signs(success(1), undefined)]).toEqual([true, 'failure']);
    const busy = success(answer(503));
    expect([handles(busy), signs(busy, undefined)]).toEqual([false, 'success']);
    const broken = failure(coded('ECONNRESET'));
    expect([handles(broken), signs(broken, undefined)]).toEqual([false, 'nothing']);
    expect(signsOf(isFetchFailure, () => false)(success(answer(429)), undefined)).toBe('busy');
    const tooMany = countingHandle(() => true);
    expect(signsOf(tooMany, () => false)(success(answer(429)), undefined)).toBe('busy');
    expect(signsOf(tooMany, () => false)(failure(new RejectedError('full')), undefined)).toBe(
      'failure',
    );
  });
});

describe('what is sent again', () => {
  const again = retryHandle(undefined);

  it('X6: the server’s word goes before the status', () => {
    const says = (status: number, word: string) => answer(status, { 'x-should-retry': word });
    for (const [status, word, expected] of [
      [503, 'false', false],
      [503, 'true', true],
      [503, 'perhaps', true],
      [409, 'true', true],
      [400, 'true', true],
      [409, 'false', false],
      [409, 'perhaps', false],
      [399, 'true', false],
      [200, 'true', false],
      [407, 'true', false],
    ] as const) {
      expect(again(success(says(status, word)))).toBe(expected);
      expect(isToRepeat(says(status, word))).toBe(expected);
      expect(again(failure(Object.assign(new Error('no'), { response: says(status, word) })))).toBe(
        expected,
      );
    }
  });

  it('X6: what classify said goes before the server’s word', () => {
    const told = (failed: boolean, word: string) =>
      noted(answer(503, { 'x-should-retry': word }), (result) => markFailed(result, failed));
    expect(again(success(told(true, 'false')))).toBe(true);
    expect(again(success(told(false, 'true')))).toBe(false);
  });

  it('X3: what is final is not sent again, and what was not processed is', () => {
    const none = noted(answer(503), markFinal);
    expect(again(success(none))).toBe(false);
    const fine = noted(answer(401), (result) => markAgain(result, true));
    expect(again(success(fine))).toBe(true);
    expect(isToRepeat(fine)).toBe(true);
    expect(isToRepeat(noted(answer(401), (result) => markAgain(result, false)))).toBe(false);
    expect(again(success(noted(fine, markFinal)))).toBe(false);
  });

  it('X3: a filter of one’s own has the last word but for these', () => {
    const own = retryHandle((outcome) => outcome.kind === 'success');
    expect(own(success(answer(200)))).toBe(true);
    expect(own(failure(coded('ECONNRESET')))).toBe(false);
    expect(own(success(noted(answer(200), markFinal)))).toBe(false);
    expect(own(failure(noted(coded('ECONNRESET'), (error) => markAgain(error, true))))).toBe(true);
  });
});

describe('the delay that is asked for', () => {
  const clock = new VirtualClock();
  const delay = delayReader(clock);

  it('X6: by a response, in itself or in an error made of it', () => {
    const busy = answer(503, { 'retry-after': '7' });
    expect(delay(success(busy))).toBe(7_000);
    expect(delay(failure(Object.assign(new Error('no'), { response: busy })))).toBe(7_000);
    expect(delay(success(answer(503)))).toBeUndefined();
    expect(delay(failure(coded('ECONNRESET')))).toBeUndefined();
    expect(delay(success('something else'))).toBeUndefined();
  });

  it('X6: quotas count by the status', () => {
    const quota = { 'ratelimit-reset': '7' };
    expect(delay(success(answer(429, quota)))).toBe(7_000);
    expect(delay(success(answer(500, quota)))).toBeUndefined();
  });

  it('X6: an error’s own retryAfter goes before its response', () => {
    const busy = answer(503, { 'retry-after': '7' });
    const error = Object.assign(new Error('no'), { retryAfter: 5, response: busy });
    expect(delay(failure(error))).toBe(5);
  });

  it('X6: what the call read in its own way goes before all', () => {
    const busy = () => answer(503, { 'retry-after': '7' });
    expect(delay(success(noted(busy(), (each) => markRetryAfter(each, 12))))).toBe(12);
    expect(
      delay(success(noted(busy(), (each) => markRetryAfter(each, undefined)))),
    ).toBeUndefined();
  });

  it('X3: none, at once, where the request was not processed and nothing has to recover', () => {
    const repeated = (status: number, headers = {}) =>
      success(noted(answer(status, headers), (each) => markAgain(each, true)));
    expect(delay(repeated(401))).toBe(0);
    expect(delay(repeated(503))).toBeUndefined();
    expect(delay(repeated(401, { 'retry-after': '7' }))).toBe(7_000);
  });

  it('G15, X2: a filter of one’s own may ignore an outcome, and then it says nothing', () => {
    const handle = countingHandle((outcome) => (outcome.kind === 'success' ? 'ignore' : true));
    const signs = signsOf(handle, () => false);
    expect(signs(success(answer(503)), undefined)).toBe('nothing');
    expect(signs(failure(coded('ECONNRESET')), undefined)).toBe('failure');
  });

  it.each([true, false, 'ignore'] as const)('G15: what classify says is the rule: %s', (said) => {
    const outcome = success(noted(answer(503), (result) => markClassified(result, said)));
    expect(classified(outcome)).toBe(said);
    expect(signOf(outcome) === 'nothing').toBe(said === 'ignore');
    expect(classified(success(answer(503)))).toBeUndefined();
    expect(signOf(success(answer(503)))).toBe('failure');
  });

  it('G15: beside the policies’ own rule, classify comes first, and that rule says the rest', () => {
    const asked: Outcome[] = [];
    const own = (outcome: Outcome): true => {
      asked.push(outcome);
      return true;
    };
    const rule = ruleBeside(own);
    const said = success(noted(answer(503), (result) => markClassified(result, false)));
    const rest = success(answer(200));
    expect([rule(said), rule(rest)]).toEqual([false, true]);
    expect(asked).toEqual([rest]);
    // Always the same one: who shares it asks it once.
    expect(ruleBeside(own)).toBe(rule);
    expect(ruleBeside(() => true)).not.toBe(rule);
  });
});

describe('X2: what is certainly a success', () => {
  const answer = (status: unknown) => ({ status, headers: new Headers() });
  const noted = (note: (response: object) => void, status = 200) => {
    const response = answer(status);
    note(response);
    return response;
  };

  it.each([200, 204, 304, 399])('a status of %s', (status) => {
    expect(isSureAnswer(answer(status))).toBe(true);
  });

  it.each([400, 404, 429, 503])('not a status of %s', (status) => {
    expect(isSureAnswer(answer(status))).toBe(false);
  });

  it.each([undefined, null, 'text', 200, {}, { status: 'ok' }])('not %s', (result) => {
    expect(isSureAnswer(result)).toBe(false);
  });

  it('not what cannot be read', () => {
    const response = { headers: new Headers() };
    Object.defineProperty(response, 'status', {
      get() {
        throw new Error('unreadable');
      },
    });
    expect(isSureAnswer(response)).toBe(false);
  });

  it.each([
    ['classified as a failure', (response: object) => markClassified(response, true), false],
    ['classified as none', (response: object) => markClassified(response, false), false],
    ['to be ignored', (response: object) => markClassified(response, 'ignore'), false],
    ['failed', (response: object) => markFailed(response, true), false],
    ['not failed', (response: object) => markFailed(response, false), false],
    ['to be asked again', (response: object) => markAgain(response, true), false],
    ['not to be asked again', (response: object) => markAgain(response, false), true],
    ['with another meaning', (response: object) => markStatus(response, 503), false],
    ['with a hint when to come again', (response: object) => markRetryAfter(response, 5), true],
  ])('one whose call noted that it is %s', (_what, note, isSure) => {
    expect(isSureAnswer(noted(note))).toBe(isSure);
  });
});
