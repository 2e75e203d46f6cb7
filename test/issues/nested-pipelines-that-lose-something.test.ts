import { describe, expect, it } from 'vitest';
import { ConfigError, fallback, keyed, pipeline, retry, timeout } from '../../src/index.js';
import { VirtualClock } from '../../src/testing/index.js';

describe('nested pipelines', () => {
  it('are heard at every level, also as copies of a keyed pipeline', async () => {
    const heard: string[] = [];
    const inner = pipeline('inner', retry({ maxRetries: 1, initialDelay: 0 }));
    const middle = pipeline('middle', inner);
    const outer = pipeline('outer', middle);
    inner.on('retry', () => heard.push('inner'));
    middle.on('retry', () => heard.push('middle'));
    outer.on('retry', (event) => heard.push(event.pipeline));
    await outer.settle(() => Promise.reject(new Error('boom')));
    expect(heard.sort()).toEqual(['inner', 'middle', 'outer']);

    heard.length = 0;
    await keyed(outer)
      .get('a')
      .settle(() => Promise.reject(new Error('boom')));
    expect(heard.sort()).toEqual(['inner', 'middle', 'outer']);
  });

  it('are refused when their clock or discard hook would silently not be used', () => {
    const clock = new VirtualClock();
    const timed = pipeline({ name: 'inner', clock }, timeout('1s'));
    expect(() => pipeline('outer', timed)).toThrow(ConfigError);
    expect(() => pipeline('outer', timed)).toThrow(/"inner" has a clock of its own.*give "outer"/);
    expect(() => pipeline({ name: 'outer', clock }, timed)).not.toThrow();

    const discard = () => {};
    const releasing = pipeline({ name: 'inner', discard }, timeout('1s'));
    expect(() => pipeline('outer', releasing)).toThrow(/discard hook of its own/);
    expect(() => pipeline({ name: 'outer', discard }, releasing)).not.toThrow();
  });
});

describe('a fallback inside a retry', () => {
  it('does not mark the call as degraded when a later attempt answers', async () => {
    const outcomes: string[] = [];
    const stale = { stale: true };
    const subject = pipeline(
      'x',
      retry({
        maxRetries: 1,
        initialDelay: 0,
        handle: (outcome) => outcome.kind === 'success' && outcome.value === stale,
      }),
      fallback(() => stale),
    );
    subject.on('call', ({ outcome }) => outcomes.push(outcome));
    let calls = 0;
    const operation = async () => {
      calls++;
      if (calls === 1) throw new Error('boom');
      return 'fresh';
    };
    await expect(subject.execute(operation)).resolves.toBe('fresh');
    expect(outcomes).toEqual(['success']);
  });
});
