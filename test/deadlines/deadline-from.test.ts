import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metadata } from '@grpc/grpc-js';
import * as fc from 'fast-check';
import type { DeadlineFromOptions, RefusedHeader } from 'holdfast';
import { deadlineFrom, pipeline, priorityFrom, systemClock } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { deadlineValue } from '../../src/fetch/request/attempt-headers.js';

const clock = new VirtualClock();
const OWN = 'x-deadline-ms';

/** What is left by these headers, and what is refused. */
function read(headers: object, options: DeadlineFromOptions = {}) {
  const refused: string[] = [];
  const onRefused = ({ header, why }: RefusedHeader) => refused.push(`${header} ${why}`);
  const deadline = deadlineFrom(headers, { header: OWN, clock, onRefused, ...options });
  return { left: deadline - clock.now(), refused };
}

const left = (headers: object, options?: DeadlineFromOptions) => read(headers, options).left;

describe('D6: deadlineFrom reads what is left', () => {
  it.each([
    ['x-envoy-expected-rq-timeout-ms', '250', 250],
    ['x-envoy-expected-rq-timeout-ms', ' 250 ', 250],
    ['Connect-Timeout-Ms', '1500', 1500],
    ['grpc-timeout', '2S', 2000],
    ['grpc-timeout', '150m', 150],
    ['grpc-timeout', '1500u', 1.5],
    ['grpc-timeout', '99999999n', 99.999999],
    ['grpc-timeout', '2M', 120_000],
    ['grpc-timeout', '3H', 10_800_000],
    ['X-Deadline-Ms', '40.5', 40.5],
    [OWN, '0', 0],
    ['grpc-timeout', '0m', 0],
  ])('D6: %s: %s', (name, value, ms) => {
    expect(read({ [name]: value })).toEqual({ left: expect.closeTo(ms, 6), refused: [] });
  });

  it('D6: the shortest of all counts, since each is of somebody who gives up then', () => {
    const headers = { 'grpc-timeout': '1S', 'x-envoy-expected-rq-timeout-ms': '900', [OWN]: '950' };
    expect(left(headers)).toBe(900);
  });

  it.each<[string, object]>([
    ['Headers', new Headers({ [OWN]: '70' })],
    ['a Request', new Request('http://a', { headers: { [OWN]: '70' } })],
    ['a record', { 'X-Deadline-MS': '70' }],
    ['a record of arrays', { [OWN]: ['70', '70'] }],
    ['numbers', { [OWN]: 70 }],
    ['pairs', [[OWN, '70']]],
    ['a Map', new Map([['X-Deadline-Ms', '70']])],
    ["undici's flat list", ['Host', 'a', 'X-Deadline-Ms', '70']],
    ["undici's flat list of bytes", [Buffer.from('X-Deadline-Ms'), Buffer.from('70')]],
    ['an object with get', { get: (name: string) => (name === OWN ? '70' : undefined) }],
    ['a request of a server', { headers: { [OWN]: '70' }, method: 'GET' }],
    ['no prototype', Object.assign(Object.create(null), { [OWN]: '70' })],
    ['twice the same, joined', { [OWN]: '70, 70' }],
  ])('D6: from %s', (_form, headers) => {
    expect(read(headers)).toEqual({ left: 70, refused: [] });
  });

  it('D6: from the metadata of a served gRPC call, whose get returns a list', () => {
    const metadata = new Metadata();
    expect(read(metadata)).toEqual({ left: Infinity, refused: [] });
    metadata.set(OWN, '70');
    metadata.set('x-priority', 'low');
    expect(read(metadata)).toEqual({ left: 70, refused: [] });
    expect(priorityFrom(metadata, 'X-Priority')).toBe('low');
    metadata.add(OWN, '80');
    expect(read(metadata)).toEqual({ left: Infinity, refused: [`${OWN} conflicting`] });
  });

  it('D6: without any of them there is none', () => {
    for (const headers of [
      {},
      new Headers(),
      [],
      new Map(),
      { other: '1' },
      { [OWN]: undefined },
    ]) {
      expect(read(headers)).toEqual({ left: Infinity, refused: [] });
    }
    expect(deadlineFrom({ [OWN]: '70' })).toBe(Infinity);
    expect(deadlineFrom({ 'grpc-timeout': '1S' })).toBeLessThanOrEqual(systemClock.now() + 1000);
  });

  it('D6: its own time in the queue is no longer left, and a time that is over is one that is over', () => {
    expect(left({ [OWN]: '70' }, { receivedAt: clock.now() - 30 })).toBe(40);
    expect(left({ [OWN]: '70' }, { receivedAt: clock.now() - 100 })).toBe(-30);
    expect(left({ [OWN]: '70' }, { receivedAt: clock.now() + 500 })).toBe(70);
    expect(left({}, { receivedAt: clock.now() - 30 })).toBe(Infinity);
  });

  it('D6: what it answers is what a call takes', async () => {
    const calls = pipeline({ name: 'calls', clock });
    const headers = { [OWN]: '70' };
    const deadline = deadlineFrom(headers, { header: OWN, clock });
    expect(await calls.execute(({ timeLeft }) => timeLeft, { deadline })).toBe(70);
    const over = deadlineFrom({ [OWN]: '0' }, { header: OWN, clock });
    await expect(calls.execute(() => 1, { deadline: over })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    });
    const none = deadlineFrom({}, { clock });
    expect(await calls.execute(({ timeLeft }) => timeLeft, { deadline: none })).toBe(Infinity);
  });

  it('D6: reads what a fetch sends', () => {
    for (const ms of [0, 0.4, 1, 99.9, 86_400_000]) {
      expect(left({ [OWN]: deadlineValue(ms) })).toBe(Math.floor(ms));
    }
  });

  it('D6: over a real socket, headers that are there twice are joined by node:http', async () => {
    const seen: ReturnType<typeof read>[] = [];
    const server = createServer((incoming, response) => {
      seen.push(read(incoming), read(incoming.headers), read(incoming.rawHeaders));
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const outgoing = send({ port, host: '127.0.0.1', headers: { [OWN]: ['70', '80'] } });
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    answer.resume();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(seen).toEqual(Array(3).fill({ left: Infinity, refused: [`${OWN} conflicting`] }));
  });
});

describe('D7: absurd values count as if they were not there', () => {
  it.each([
    '',
    ' ',
    '-1',
    '+5',
    'NaN',
    'Infinity',
    '1e400',
    '1e3',
    '0x10',
    '5s',
    '5 0',
    '1_000',
    '.5',
    '5.',
    '٣',
    '99999999999999999999',
    'null',
    '"5"',
    '5;q=1',
    '\u00005',
  ])('D7: %o is malformed', (value) => {
    expect(read({ [OWN]: value })).toEqual({ left: Infinity, refused: [`${OWN} malformed`] });
    expect(left({ [OWN]: value, 'grpc-timeout': '1S' })).toBe(1000);
  });

  it.each(['5', 'S', '-1S', '1.5S', '123456789S', '5s', '5h', '1S1S', '5 S', '5D'])(
    'D7: grpc-timeout %o is malformed',
    (value) => {
      expect(read({ 'grpc-timeout': value })).toEqual({
        left: Infinity,
        refused: ['grpc-timeout malformed'],
      });
    },
  );

  it.each<[object]>([
    [{ [OWN]: '5, 6' }],
    [{ [OWN]: ['5', '6'] }],
    [{ [OWN]: '5', 'X-Deadline-Ms': '6' }],
    [['x-deadline-ms', '5', 'X-Deadline-Ms', '6']],
    [{ [OWN]: '5,' }],
  ])('D7: %o says two things', (headers) => {
    expect(read(headers)).toEqual({ left: Infinity, refused: [`${OWN} conflicting`] });
  });

  it('D7: longer than a day is a mistake, or longer than max', () => {
    expect(read({ [OWN]: '86400000' }).refused).toEqual([]);
    expect(read({ [OWN]: '86400001' })).toEqual({
      left: Infinity,
      refused: [`${OWN} too_long`],
    });
    expect(read({ [OWN]: String(Date.now()) }).refused).toEqual([`${OWN} too_long`]);
    expect(read({ 'grpc-timeout': '99999999H' }).refused).toEqual(['grpc-timeout too_long']);
    expect(left({ [OWN]: '5001' }, { max: '5s' })).toBe(Infinity);
    expect(left({ [OWN]: '5000' }, { max: '5s' })).toBe(5000);
  });

  it('D7: values that are no texts at all are malformed', () => {
    for (const value of [{}, true, Symbol('x'), () => 5, [{}], -5, Number.NaN, Infinity, 1e21]) {
      expect(read({ [OWN]: value }).left).toBe(Infinity);
    }
    const longBytes = new Uint8Array(100_000).fill(0x35);
    expect(read([Buffer.from(OWN), longBytes]).left).toBe(Infinity);
  });

  it('D7: whatever a header says, what is left is none, or from 0 to max', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)),
        fc.constantFrom(OWN, 'grpc-timeout', 'connect-timeout-ms'),
        (value, name) => {
          const ms = left({ [name]: value });
          expect(ms === Infinity || (ms >= 0 && ms <= 86_400_000)).toBe(true);
        },
      ),
    );
  });

  it('D7: a listener that throws changes nothing, and none gets a value', () => {
    const told: unknown[] = [];
    const onRefused = (refused: RefusedHeader) => {
      told.push(refused);
      throw new Error('boom');
    };
    const headers = { [OWN]: 'secret', 'grpc-timeout': 'secret', 'connect-timeout-ms': '30' };
    expect(left(headers, { onRefused })).toBe(30);
    expect(told).toHaveLength(2);
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});

describe('D5: wrong arguments of deadlineFrom', () => {
  it.each([
    [{ header: 'not a name' }, 'deadlineFrom.header'],
    [{ header: '' }, 'deadlineFrom.header'],
    [{ max: 0 }, 'deadlineFrom.max'],
    [{ max: 'long' }, 'deadlineFrom.max'],
    [{ receivedAt: Number.NaN }, 'deadlineFrom.receivedAt'],
    [{ receivedAt: Date.now() }, 'deadlineFrom.receivedAt'],
    [{ onRefused: 5 }, 'deadlineFrom.onRefused'],
    [{ clock: {} }, 'deadlineFrom.clock'],
    [{ maxx: 5 }, 'deadlineFrom.maxx'],
  ])('D5: %o is a ConfigError that names it', (options, path) => {
    expect(() => deadlineFrom({}, options as object)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', path }),
    );
  });

  it.each([[undefined], [null], ['text'], [5]])('D5: %o has no headers', (given) => {
    expect(() => deadlineFrom(given as never)).toThrow(TypeError);
    expect(() => priorityFrom(given as never, 'x-priority')).toThrow(TypeError);
  });
});

describe('D3: priorityFrom', () => {
  it('D3: reads one of the five classes from a header of the user', () => {
    expect(priorityFrom({ 'x-priority': 'high' }, 'X-Priority')).toBe('high');
    expect(priorityFrom(new Headers({ 'x-priority': ' LOW ' }), 'x-priority')).toBe('low');
    expect(priorityFrom({ headers: { 'x-priority': ['low', 'low'] } }, 'x-priority')).toBe('low');
    for (const value of ['', 'urgent', 'high, low', '1', 'toString']) {
      expect(priorityFrom({ 'x-priority': value }, 'x-priority')).toBeUndefined();
    }
    expect(priorityFrom({}, 'x-priority')).toBeUndefined();
  });
});
