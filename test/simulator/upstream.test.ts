import { beforeEach, describe, expect, it } from 'vitest';
import { Chance } from '../../src/simulator/chance.js';
import { resolveScenario, type Scenario } from '../../src/simulator/index.js';
import { spellsOf } from '../../src/simulator/timeline.js';
import {
  MissingError,
  type Request,
  Upstream,
  UpstreamError,
} from '../../src/simulator/upstream.js';
import { VirtualTime } from '../../src/simulator/virtual-time.js';

/** One worker at one server 1 ms away; each request is exactly 10 ms of work. */
const base = {
  name: 'by hand',
  workers: 1,
  network: 1,
  service: { mean: '10ms', spread: 'constant' },
} as const satisfies Scenario;

interface Answer {
  readonly name: string;
  readonly atMs: number;
  readonly error: Error | undefined;
}

let time: VirtualTime;
let answers: Answer[];

function upstreamOf(document: Partial<Scenario>): Upstream {
  const scenario = resolveScenario({ ...base, ...document });
  return new Upstream(
    time,
    scenario,
    spellsOf(scenario, () => 0.5),
    new Chance(1, 0),
  );
}

function sendTo(upstream: Upstream, atMs: number, name: string, missing = false): Request {
  const request: Request = {
    missing,
    gone: false,
    answer: (error) => answers.push({ name, atMs: time.now(), error }),
  };
  time.setTimer(() => upstream.send(request), atMs);
  return request;
}

const texts = (): string[] =>
  answers.map(({ name, atMs, error }) => `${name} ${atMs} ${error?.message ?? 'ok'}`);

beforeEach(() => {
  time = new VirtualTime(async () => {});
  answers = [];
});

describe('an upstream', () => {
  it('works on what came first, and lets the rest queue', async () => {
    const upstream = upstreamOf({});
    for (const name of ['a', 'b', 'c']) sendTo(upstream, 0, name);
    await time.run(5);
    expect(upstream.queued).toBe(2);
    await time.run(100);
    expect(texts()).toEqual(['a 12 ok', 'b 22 ok', 'c 32 ok']);
    expect(upstream.counts).toMatchObject({ requests: 3, workedMs: 30, wastedMs: 0 });
    expect(upstream.queued).toBe(0);
  });

  it('has as many workers as it says', async () => {
    const upstream = upstreamOf({ workers: 2 });
    for (const name of ['a', 'b', 'c']) sendTo(upstream, 0, name);
    await time.run(100);
    expect(texts()).toEqual(['a 12 ok', 'b 12 ok', 'c 22 ok']);
  });

  it('works for callers who are gone, unless it drops them from the queue', async () => {
    for (const dropsAbandoned of [false, true]) {
      time = new VirtualTime(async () => {});
      answers = [];
      const upstream = upstreamOf({ dropsAbandoned });
      sendTo(upstream, 0, 'a');
      const gone = sendTo(upstream, 0, 'gone');
      sendTo(upstream, 0, 'c');
      time.setTimer(() => {
        gone.gone = true;
      }, 5);
      await time.run(100);
      expect(texts()).toEqual(['a 12 ok', dropsAbandoned ? 'c 22 ok' : 'c 32 ok']);
      expect(upstream.counts.wastedMs).toBe(dropsAbandoned ? 0 : 10);
    }
  });

  it('keeps the order of a long queue', async () => {
    const upstream = upstreamOf({});
    for (let i = 0; i < 3_000; i++) sendTo(upstream, 0, String(i));
    await time.run(40_000);
    expect(answers.map(({ name }) => Number(name))).toEqual(
      Array.from({ length: 3_000 }, (_, i) => i),
    );
  });

  it('becomes slower for what it starts during a slowdown', async () => {
    const upstream = upstreamOf({
      triggers: [{ kind: 'slowdown', factor: 3, at: 100, lasts: 100 }],
    });
    for (const at of [80, 95, 150, 250]) sendTo(upstream, at, String(at));
    await time.run(500);
    expect(texts()).toEqual(['80 92 ok', '95 107 ok', '150 182 ok', '250 262 ok']);
  });

  it('swallows requests and answers in a black hole', async () => {
    const upstream = upstreamOf({ triggers: [{ kind: 'black_hole', at: 100, lasts: 100 }] });
    for (const at of [80, 95, 150, 200]) sendTo(upstream, at, String(at));
    await time.run(500);
    // That of 95 was worked on until 106: its answer is lost.
    expect(texts()).toEqual(['80 92 ok', '200 212 ok']);
    expect(upstream.counts).toMatchObject({ requests: 4, workedMs: 30, wastedMs: 0 });
  });

  it('fails at once, or slowly', async () => {
    const upstream = upstreamOf({
      triggers: [
        { kind: 'errors', share: 1, at: 100, lasts: 100 },
        { kind: 'errors', share: 1, slow: true, at: 200, lasts: 100 },
      ],
    });
    for (const at of [50, 150, 250]) sendTo(upstream, at, String(at));
    await time.run(500);
    expect(texts()).toEqual(['50 62 ok', '150 152 500', '250 262 500']);
    expect(answers[1]?.error).toBeInstanceOf(UpstreamError);
  });

  it('fails for the share of requests that it says', async () => {
    const upstream = upstreamOf({ workers: 100, errors: 0.2 });
    for (let i = 0; i < 5_000; i++) sendTo(upstream, i, 'x');
    await time.run(6_000);
    expect(answers.filter(({ error }) => error !== undefined).length / 5_000).toBeCloseTo(0.2, 1.5);
  });

  it('refuses connections, and answers later', async () => {
    const upstream = upstreamOf({
      triggers: [
        { kind: 'refused', at: 100, lasts: 100 },
        { kind: 'delay', by: 40, at: 200, lasts: 100 },
      ],
    });
    for (const at of [150, 250]) sendTo(upstream, at, String(at));
    await time.run(500);
    expect(texts()).toEqual(['150 152 ECONNREFUSED', '250 302 ok']);
  });

  it('says of what does not exist that it does not, as long as that takes', async () => {
    const upstream = upstreamOf({});
    sendTo(upstream, 0, 'a', true);
    await time.run(100);
    expect(texts()).toEqual(['a 12 not found']);
    expect(answers[0]?.error).toBeInstanceOf(MissingError);
    expect(answers[0]?.error).toMatchObject({ status: 404 });
  });

  it('does not answer who is gone', async () => {
    const upstream = upstreamOf({});
    const request = sendTo(upstream, 0, 'a');
    time.setTimer(() => {
      request.gone = true;
    }, 11.5);
    await time.run(100);
    expect(answers).toEqual([]);
    // It was done before.
    expect(upstream.counts.wastedMs).toBe(0);
  });
});

describe('a restart', () => {
  const restart: Partial<Scenario> = { triggers: [{ kind: 'restart', at: 100, lasts: 100 }] };

  it('resets what is in work and in the queue, and begins anew with all workers', async () => {
    const upstream = upstreamOf(restart);
    sendTo(upstream, 95, 'in work');
    sendTo(upstream, 96, 'queued');
    sendTo(upstream, 150, 'refused');
    sendTo(upstream, 210, 'a');
    sendTo(upstream, 210, 'b');
    await time.run(500);
    expect(texts()).toEqual([
      'in work 101 ECONNRESET',
      'queued 101 ECONNRESET',
      'refused 152 ECONNREFUSED',
      'a 222 ok',
      'b 232 ok',
    ]);
    expect(upstream.queued).toBe(0);
    // 4 ms of work were lost with the server.
    expect(upstream.counts).toMatchObject({ requests: 5, workedMs: 24, wastedMs: 0 });
  });

  it('leaves no timer of the old life behind', async () => {
    const upstream = upstreamOf({
      service: { mean: 200, spread: 'constant' },
      triggers: [{ kind: 'restart', at: 100, lasts: 100 }],
    });
    sendTo(upstream, 50, 'old');
    // Were the old one to end at 251, this one's worker would be taken for idle.
    sendTo(upstream, 205, 'a');
    sendTo(upstream, 220, 'b');
    await time.run(1_000);
    expect(texts()).toEqual(['old 101 ECONNRESET', 'a 407 ok', 'b 607 ok']);
  });

  it('counts what was lost as wasted where its caller was gone', async () => {
    const upstream = upstreamOf(restart);
    const request = sendTo(upstream, 95, 'gone');
    time.setTimer(() => {
      request.gone = true;
    }, 97);
    await time.run(500);
    expect(upstream.counts).toMatchObject({ requests: 1, workedMs: 4, wastedMs: 4 });
    expect(answers).toEqual([]);
  });

  it('goes from one server to the next', async () => {
    const upstream = upstreamOf({
      servers: 3,
      workers: 100,
      triggers: [{ kind: 'restart', at: 100, lasts: 100 }],
    });
    for (let at = 0; at < 500; at++) sendTo(upstream, at, String(at));
    await time.run(1_000);
    const refused = answers
      .filter(({ error }) => error?.message === 'ECONNREFUSED')
      .map(({ atMs }) => atMs);
    // Always one of three, from the first to the last.
    expect(Math.min(...refused)).toBeLessThan(115);
    expect(Math.max(...refused)).toBeGreaterThan(385);
    expect(Math.max(...refused)).toBeLessThanOrEqual(401);
    for (const from of [100, 200, 300]) {
      const share = refused.filter((at) => at > from && at <= from + 100).length / 100;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.47);
    }
  });
});

describe('a trigger at some servers', () => {
  it('leaves the others alone', async () => {
    const upstream = upstreamOf({
      servers: 8,
      workers: 100,
      triggers: [{ kind: 'refused', servers: 1, at: 0, lasts: '10s' }],
    });
    for (let at = 0; at < 4_000; at++) sendTo(upstream, at, String(at));
    await time.run(5_000);
    const refused = answers.filter(({ error }) => error !== undefined).length;
    expect(refused / 4_000).toBeCloseTo(1 / 8, 1.5);
  });
});
