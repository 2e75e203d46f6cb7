import type { EventBody, EventType } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { pages } from './pages.js';

type FieldsOf<K extends EventType> = Exclude<
  keyof Extract<EventBody, { readonly type: K }>,
  'type'
>;

/** The type check keeps this equal to the union, and the test keeps the page equal to this. */
const fields: { readonly [K in EventType]: { readonly [F in FieldsOf<K>]: true } } = {
  call: { outcome: true, attempts: true, durationMs: true, value: true, error: true },
  attempt: { attempt: true, kind: true, outcome: true, status: true, value: true, error: true },
  retry: { attempt: true, delayMs: true, outcome: true, status: true, value: true, error: true },
  hedge: { attempt: true, delayMs: true },
  hedge_stopped: { reason: true, by: true, attempts: true },
  retry_stopped: {
    reason: true,
    by: true,
    attempts: true,
    outcome: true,
    status: true,
    value: true,
    error: true,
  },
  body_failure: { durationMs: true, error: true },
  timeout: { timeoutMs: true, error: true },
  rejection: { reason: true, enforced: true, retryAfter: true, error: true },
  transition: { from: true, to: true, reason: true, openForMs: true, cause: true, enforced: true },
  fallback: { outcome: true, status: true, value: true, error: true },
  queued: { queued: true },
  discard: { value: true },
};

const page = pages().find(({ path }) => path === 'docs/events.md')?.text ?? '';
const section = page.slice(page.indexOf('## All of them'));
const table = section.slice(0, section.indexOf('\n\n', section.indexOf('|---')));

describe('the table of docs/events.md', () => {
  it('lists every event with its fields', () => {
    const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]*)\|/gm)].map(
      ([, type = '', list = '']) => [
        type,
        [...list.matchAll(/`(\w+)`/g)].map(([, field]) => field),
      ],
    );
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(fields).map(([type, of]) => [type, Object.keys(of)])),
    );
  });
});
