import type { Call, EventBody, PipelineEvent } from 'holdfast';
import { circuitBreaker, pipeline } from 'holdfast';
import { describe, expect, it } from 'vitest';
import { logged } from '../support/layers.js';

describe('where an event happened', () => {
  it('is told by the pipeline that reports it, also of an event that a policy passes on', async () => {
    const inner = pipeline('inner', circuitBreaker());
    let heard: PipelineEvent | undefined;
    inner.on('call', (event) => {
      heard = event;
    });
    await inner.execute(async () => 1);
    const policy = logged([], 'relay', {
      enter(call: Call) {
        call.emit(heard as EventBody);
        return undefined;
      },
    });
    const outer = pipeline('outer', policy);
    const events: PipelineEvent[] = [];
    outer.on((event) => {
      events.push(event);
    });
    await outer.execute(async () => 1);
    const [first, own] = events.filter(({ type }) => type === 'call');
    expect(first).toMatchObject({ pipeline: 'outer', policy: 'relay', callId: own?.callId });
    expect(heard).toMatchObject({ pipeline: 'inner' });
  });
});
