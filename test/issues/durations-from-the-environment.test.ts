import {
  ConfigError,
  chaos,
  circuitBreaker,
  type Duration,
  keyed,
  parseDuration,
  pipeline,
  retry,
  standard,
  timeout,
} from 'holdfast';
import { resilientFetch } from 'holdfast/fetch';
import { flakyUpstream } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';

/** A duration out of the environment is any text. `'30 sec'` was refused without a word of what is wrong with it, and nothing that is exported read it. */

const FORMS = "milliseconds as a number >= 0, or a string like '250ms', '1.5s', '2m' or '1h'";
const PLACES: readonly (readonly [string, (duration: Duration) => unknown])[] = [
  ['timeout.duration', (duration) => timeout(duration)],
  ['retry.initialDelay', (initialDelay) => retry({ initialDelay })],
  ['circuitBreaker.openFor', (openFor) => circuitBreaker({ openFor })],
  ['standard.totalTimeout', (totalTimeout) => standard({ totalTimeout })],
  ['keyed.idleFor', (idleFor) => keyed(pipeline('x'), { idleFor })],
  [
    'resilientFetch.policies.attemptTimeout',
    (attemptTimeout) => resilientFetch({ policies: { attemptTimeout } }),
  ],
];

/** Those that take something else, too, say so in words of their own. */
const MIXED: readonly (readonly [string, (duration: Duration) => unknown])[] = [
  ['circuitBreaker.window', (window) => circuitBreaker({ window })],
  ['chaos.latency.delay', (delay) => chaos({ latency: { rate: 0.1, delay } })],
  ['resilientFetch.idleTimeout', (idleTimeout) => resilientFetch({ idleTimeout })],
  ['resilientFetch.bodyTimeout', (bodyTimeout) => resilientFetch({ bodyTimeout })],
];

function refusalOf(give: () => unknown): Error {
  try {
    give();
  } catch (error) {
    return error as Error;
  }
  return new Error('It was taken');
}

describe.each(MIXED)('%s', (path, give) => {
  it.each([
    ['5', "; a string needs a unit: '5s' or '5ms' (got "],
    ['5 sec', "; write '5s' (got "],
  ])('G7: of the text %j says what to write', (text, hint) => {
    const { message } = refusalOf(() => give(text as Duration));
    expect(message).toContain(`${path}: must be a duration`);
    expect(message).toContain(hint);
  });
});

it('G7: so does the latency of a flaky upstream', async () => {
  const made = flakyUpstream({ latency: '5 sec' as Duration });
  await expect(made).rejects.toThrow("; write '5s' (got ");
});

it('G7: and so does a start of chaos', () => {
  const injected = chaos({ latency: { rate: 0.1, delay: '5s' } });
  expect(() => injected.start({ for: '5' as Duration })).toThrow('a string needs a unit');
});

describe.each(PLACES)('%s', (path, give) => {
  it.each([
    ['30', "a string needs a unit: '30s' or '30ms'"],
    ['30 sec', "write '30s'"],
    ['5S', "write '5s'"],
    [' 5s', "write '5s'"],
    ['5 minutes', "write '5m'"],
    ['1,5s', "write '1.5s'"],
    ['', 'this text is empty'],
    ['1m30s', 'the units are ms, s, m and h, and only one is used'],
    ['1234567890123456ms', 'at most 15 digits, 9 after the point'],
    ['NaN', FORMS],
    ['undefined', FORMS],
  ])('G7: of the text %j says what to write', (text, hint) => {
    const refusal = refusalOf(() => give(text as Duration));
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(refusal.message).toContain(`${path}: must be a duration: ${FORMS}`);
    expect(refusal.message).toContain(hint);
    expect(refusal.message).toContain(`(got ${JSON.stringify(text)})`);
  });
});

it('a variable of the environment is no duration by its type', () => {
  const variable = process.env['HOLDFAST_NO_SUCH_VARIABLE'];
  // @ts-expect-error: it may be any text, or missing.
  expect(() => timeout(variable)).toThrow(`timeout.duration: must be a duration: ${FORMS}`);
  // @ts-expect-error: as above.
  expect(retry({ initialDelay: variable })).toBeDefined();
  expect(timeout(parseDuration(variable ?? '5s')).timeoutMs).toBe(5_000);
});

it('G7: parseDuration reads what options read, and says what it got', () => {
  expect([parseDuration('250ms'), parseDuration('1.5s'), parseDuration(7)]).toEqual([
    250, 1_500, 7,
  ]);
  const text = `parseDuration: must be a duration: ${FORMS}`;
  expect(() => parseDuration('30')).toThrow(
    new RangeError(`${text}; a string needs a unit: '30s' or '30ms' (got "30")`),
  );
  expect(() => parseDuration(undefined)).toThrow(new TypeError(`${text} (got undefined)`));
  expect(() => parseDuration(-1)).toThrow(new RangeError(`${text} (got -1)`));
});

it('G7: a timeout of null is told what a duration looks like', () => {
  expect(() => timeout(null as never)).toThrow(`timeout.duration: must be a duration: ${FORMS}`);
});
