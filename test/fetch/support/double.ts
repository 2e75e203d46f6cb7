/** What a double answers to one call: a status, a Response, an error to throw, or whatever a function answers. */
export type Answer = number | Response | Error | ((call: SentCall) => unknown);

/** One call that a double received. */
export interface SentCall {
  readonly input: unknown;
  readonly init: Record<string, unknown>;
}

export type Double = ((input: unknown, init?: object) => Promise<Response>) & {
  readonly calls: SentCall[];
};

/** A fetch that answers from a script, the last step for ever, and notes what it was called with. */
export function double(...script: Answer[]): Double {
  const calls: SentCall[] = [];
  const fetch = async (input: unknown, init: object = {}): Promise<Response> => {
    const call = { input, init: init as Record<string, unknown> };
    calls.push(call);
    const step = script[Math.min(calls.length, script.length) - 1] ?? 200;
    if (step instanceof Error) throw step;
    if (typeof step === 'number')
      return new Response(step === 204 ? null : 'body', { status: step });
    return (typeof step === 'function' ? await step(call) : step) as Response;
  };
  return Object.assign(fetch, { calls });
}

/** Pending until its signal aborts, as fetch is. */
export function hang({ init }: SentCall): Promise<never> {
  const signal = init['signal'] as AbortSignal;
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

/** As fetch says it when nobody listens at the port. */
export function refused(port = 80, address = '127.0.0.1'): TypeError {
  const cause = Object.assign(new Error(`connect ECONNREFUSED ${address}:${port}`), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
    address,
    port,
  });
  return new TypeError('fetch failed', { cause });
}

/** As fetch says it when the connection breaks before there is an answer. */
export function reset(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  return new TypeError('fetch failed', { cause });
}
