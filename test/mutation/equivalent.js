/**
 * Changes that no test can notice, each with the reason. `line` is the line of the source in which the change begins, without
 * what surrounds it, and `change` the piece before and after, so that an entry outlives the moving of lines. A run fails on
 * entries that are of no use any more.
 */
export const EQUIVALENT = [
  ...inFile('src/windows/buckets.ts', [
    [
      'if (!Number.isSafeInteger(slots) || slots < 1) {',
      ['slots < 1 -> false'],
      'both windows divide by the number of buckets, so that one below 1 gives no length of a bucket, which is refused before',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/half-open-alarm.ts', [
    [
      'const isBound = boundToRequests && isSystemClock(this.#clock());',
      ['boundToRequests && isSystemClock(this.#clock()) -> false'],
      'on Node timers belong to no request; the tests of workerd see it',
    ],
  ]),
  ...inFile('src/windows/count-window.ts', [
    [
      'if (outcomes === undefined || this.#failures === this.#total) return false;',
      ['outcomes === undefined -> false'],
      'without outcomes there are 0 failures of 0; for the compiler',
    ],
  ]),
  ...inFile('src/windows/event-window.ts', [
    [
      "constructor(lengthMs: number, buckets = 10, errs: 'low' | 'high' = 'low') {",
      [`'low' -> ""`],
      "whatever is not 'high' is 'low'",
    ],
  ]),
  ...inFile('src/windows/time-window.ts', [
    [
      'if (counts === undefined || this.#total === this.#failures) return false;',
      ['counts === undefined -> false'],
      'without counts there are 0 failures of 0; for the compiler',
    ],
  ]),
  ...inFile('src/time/duration.ts', [
    ['} catch {', ['{ return undefined; } -> {}'], 'a function without a return returns undefined'],
    [
      "const unitMs = UNIT_MS[match?.[2] ?? ''];",
      [`'' -> "Stryker was here!"`],
      'neither is a unit',
    ],
    [
      'if (match === null || unitMs === undefined) throw new RangeError(remedyFor(value));',
      [
        'match === null || unitMs === undefined -> match === null && unitMs === undefined',
        'match === null -> false',
        'unitMs === undefined -> false',
      ],
      'the form knows only the units that there are, so both are the same; for the compiler',
    ],
    [
      'return Number(amount.toFixed(Math.abs(amount) >= 100 ? 0 : 2));',
      ['Math.abs(amount) >= 100 -> Math.abs(amount) > 100'],
      '100 is 100 with any number of decimals',
    ],
    [
      'z.number({ error }).check(z.minimum(0, { error })),',
      ['{ error } -> {}'],
      'a value of another type fits no form of the union, whose own error is shown',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/trip-rule.ts', [
    [
      'if (rule.failureRate !== undefined && failures / total >= rule.failureRate) {',
      ['rule.failureRate !== undefined -> true'],
      'nothing is at or above undefined; for the compiler',
    ],
    [
      "if (rule.slowCallRate !== undefined && slow / total >= rule.slowCallRate) return 'slow_call_rate';",
      ['rule.slowCallRate !== undefined -> true'],
      'nothing is at or above undefined; for the compiler',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/circuit.ts', [
    [
      'calm = true;',
      ['true -> false'],
      'only saves calls the longer way, on which they are let in as well',
    ],
    [
      "this.calm = state === 'closed' && ramp === undefined;",
      ["state === 'closed' && ramp === undefined -> false", `'closed' -> ""`],
      'only saves calls the longer way, on which they are let in as well',
    ],
    [
      "if (this.state === 'half_open') this.#decide(this.#probes?.expire(nowMs), nowMs, undefined);",
      ['this.#probes?.expire -> this.#probes.expire'],
      'half-open there are probes; for the compiler',
    ],
    [
      "if (this.state === 'half_open')",
      ["this.state === 'half_open' -> true"],
      'in no other state there are probes',
    ],
    [
      'this.#decide(this.#probes?.failSuccess(), nowMs, undefined, cause);',
      ['this.#probes?.failSuccess -> this.#probes.failSuccess'],
      'half-open there are probes; for the compiler',
    ],
    [
      'if (rampFor === 0) return;',
      ['rampFor === 0 -> false'],
      'of a ramp that takes no time nothing is left to go on with',
    ],
    [
      "this.#close('probes_succeeded', rampFor === 0 ? undefined : new Ramp(nowMs, rampFor));",
      ['rampFor === 0 -> false'],
      'a ramp that takes no time is over for whoever comes next',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/rule-judge.ts', [
    [
      'return window.failures === 0 && window.slow === 0 ? undefined : tripReason(this, this.#rule);',
      ['window.failures === 0 && window.slow === 0 -> false'],
      'without a failure or a slow call no rule trips: asked to save the time',
    ],
    [
      'return failures === 0 && slow === 0 ? undefined : tripReason(this, this.#rule);',
      ['failures === 0 && slow === 0 -> false'],
      'without a failure or a slow call no rule trips: asked to save the time',
    ],
    [
      '} else if (this.#between > 0 && --this.#between === 0) {',
      ['this.#between > 0 -> true', 'this.#between > 0 -> this.#between >= 0'],
      'below zero it is never zero again',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/open-duration.ts', [
    [
      'return Math.min(stay > maxOpenForMs ? 2 * maxOpenForMs - stay : stay, maxOpenForMs);',
      ['stay > maxOpenForMs -> stay >= maxOpenForMs'],
      'folded back at itself it is the same',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/own-open-for.ts', [
    [
      'if (isThenable(stay)) adopted(stay).catch(() => {});',
      ['isThenable(stay) -> true'],
      'what is no promise is a fulfilled one when it is adopted',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/probes.ts', [
    [
      'while (places[0] !== undefined && nowMs - places[0] >= this.#placeMs) places.shift();',
      ['places[0] !== undefined -> true'],
      'a difference to nothing is at or above nothing; for the compiler',
    ],
    [
      'if ((this.#places.at(-1) ?? nowMs) > nowMs) this.#restart(nowMs);',
      [
        '(this.#places.at(-1) ?? nowMs) > nowMs -> true',
        '(this.#places.at(-1) ?? nowMs) > nowMs -> (this.#places.at(-1) ?? nowMs) >= nowMs',
      ],
      'what began before now begins no earlier: asked to save the time',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/limit.ts', [
    [
      'this.#unloaded?.measure(latencyMs, this.#limit);',
      ['this.#unloaded?.measure -> this.#unloaded.measure'],
      'only what knows latencies is ever measured; for the compiler',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/round.ts', [
    [
      'if (inFlight > this.peak) this.peak = inFlight;',
      ['inFlight > this.peak -> inFlight >= this.peak'],
      'the same peak is the same',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/unloaded-latency.ts', [
    [
      'this.#learn(latencyMs, latencyMs > this.ms ? 1 : 0.5, limit);',
      ['latencyMs > this.ms -> latencyMs >= this.ms'],
      'the same latency is the same, whatever its weight',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/patience.ts', [
    [
      'readonly #standsSince: number[] = new Array(CLASSES).fill(0);',
      ['new Array(CLASSES) -> new Array()'],
      'who waits has set it for its class and all below: none is read before it is set',
    ],
    ['if (ms <= 1) return 1;', ['ms <= 1 -> ms < 1'], 'a millisecond is a whole step'],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/kept-slots.ts', [
    [
      'while (i > 0 && (this.#freeAt[i - 1] as number) > freeAt) i--;',
      ['i > 0 -> true', 'i > 0 -> i >= 0'],
      'nothing is not above a time; for the compiler',
    ],
    [
      'while (i > 0 && (this.#freeAt[i - 1] as number) > freeAt) i--;',
      ['(this.#freeAt[i - 1] as number) > freeAt -> this.#freeAt[i - 1] as number >= freeAt'],
      'equal times are the same in any order',
    ],
    [
      'while (freeAt.length > 0 && (freeAt[freeAt.length - 1] as number) - nowMs > 2 * MOST_MS) {',
      ['freeAt.length > 0 -> true', 'freeAt.length > 0 -> freeAt.length >= 0'],
      'a difference to nothing is above nothing; for the compiler',
    ],
    [
      'while (free < freeAt.length && (freeAt[free] as number) <= nowMs) free++;',
      ['free < freeAt.length -> true', 'free < freeAt.length -> free <= freeAt.length'],
      'nothing is not at or below a time; for the compiler',
    ],
    [
      'if (free > 0) freeAt.splice(0, free);',
      ['free > 0 -> true', 'free > 0 -> free >= 0'],
      'to take none out changes nothing: asked to save the time',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/brake.ts', [
    [
      'if (!(this.#cutAt <= nowMs)) this.#cutAt = nowMs;',
      ['this.#cutAt <= nowMs -> this.#cutAt < nowMs'],
      'the same time changes nothing',
    ],
    [
      'this.#hasCut = false;',
      ['false -> true'],
      'it is asked for only while the limit is low, which it is by the next cut alone',
    ],
    [
      'if (!this.isOn && this.#trouble.isNone) return;',
      ['!this.isOn && this.#trouble.isNone -> false'],
      'there is nothing to forget and nothing to give back: asked to save the time',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/brake-regulator.ts', [
    [
      'if (nowMs === this.#lookedAt) return;',
      ['nowMs === this.#lookedAt -> false'],
      'a second look at the same time finds nothing: asked to save the time',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/stays.ts', [
    [
      'this.#times[TIMES * stay + STARTED] = startedMs;',
      ['TIMES * stay + STARTED -> TIMES * stay - STARTED'],
      'it is the first of its row: 0',
    ],
    [
      'this.#notes[NOTES * stay + NEXT] = this.#free;',
      ['NOTES * stay + NEXT -> NOTES * stay - NEXT'],
      'it is the first of its row: 0',
    ],
    ['notes[at + NEXT] = NONE;', ['at + NEXT -> at - NEXT'], 'it is the first of its row: 0'],
    [
      'else notes[NOTES * tail + NEXT] = stay;',
      ['NOTES * tail + NEXT -> NOTES * tail - NEXT'],
      'it is the first of its row: 0',
    ],
    [
      'else notes[NOTES * previous + NEXT] = next;',
      ['NOTES * previous + NEXT -> NOTES * previous - NEXT'],
      'it is the first of its row: 0',
    ],
    [
      'if (stay === NONE || !this.isLate(stay, nowMs, time)) return NONE;',
      ['stay === NONE -> false'],
      'what is in no row is not late; for the reader',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/trouble.ts', [
    [
      '} else if (this.share !== 0) {',
      ['this.share !== 0 -> true'],
      'nothing fades to nothing: asked to save the time',
    ],
    [
      'if (this.share >= 0.5 || (!useless && this.usual === 0)) return;',
      ['!useless && this.usual === 0 -> false'],
      'from no useless call nothing is learnt where nothing was: asked to save the time',
    ],
  ]),
  ...inFile('src/policies/circuit-breaker/ramp.ts', [
    [
      'if (nowMs < this.startedAt) this.startedAt = nowMs;',
      ['nowMs < this.startedAt -> nowMs <= this.startedAt'],
      'the same time changes nothing',
    ],
    [
      'if (nowMs < this.#freeAt) this.#freeAt = nowMs;',
      ['nowMs < this.#freeAt -> nowMs <= this.#freeAt'],
      'the same time changes nothing',
    ],
  ]),
  ...inFile('src/policies/adaptive-limiter/brake/usual-latency.ts', [
    [
      'const log = latencyMs <= 1 ? 0 : Math.log(latencyMs);',
      ['latencyMs <= 1 -> latencyMs < 1'],
      'the logarithm of 1 is 0',
    ],
    [
      'if (log === 0 && this.#square < NOTHING) return;',
      [
        'log === 0 && this.#square < NOTHING -> false',
        'this.#square < NOTHING -> this.#square <= NOTHING',
      ],
      'what is next to nothing makes no difference: asked to save the time',
    ],
    [
      'if (Number.isNaN(this.#unusualMs)) {',
      ['Number.isNaN(this.#unusualMs) -> true'],
      'reckoned anew it is the same: kept to save the time',
    ],
    [
      'this.#unusualMs = unusual > LEAST ? Math.exp(unusual) : LEAST_MS;',
      ['unusual > LEAST -> unusual >= LEAST'],
      'both are the least at the least',
    ],
  ]),
  ...inFile('src/fetch/retry/http-date.ts', [
    [
      "const month = MONTHS.indexOf((match[monthAt] ?? '').toLowerCase());",
      [`'' -> "Stryker was here!"`],
      'what has matched has a month; for the compiler',
    ],
    [
      'if (time !== undefined && time <= latest.getTime()) return time;',
      ['time !== undefined -> true'],
      'undefined is not at or below anything; for the compiler',
    ],
  ]),
  ...inFile('src/fetch/retry/rate-limit-headers.ts', [
    [
      "const [name = '', ...parameters] = splitOutsideStrings(item, ';');",
      [`'' -> "Stryker was here!"`],
      'there is always a first part; for the compiler',
    ],
    [
      'members.set(text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim());',
      ['text.slice(equals + 1).trim() -> text.slice(equals + 1)'],
      'whoever reads it as a number trims it',
    ],
    [
      'for (let i = 0; i < text.length; i++) {',
      ['i < text.length -> i <= text.length'],
      'behind the end there is neither a quote nor a separator',
    ],
  ]),
  ...inFile('src/fetch/retry/retry-after.ts', [
    [
      'const waits = status !== undefined && asksToWait(status);',
      ['status !== undefined -> true'],
      'undefined asks for nothing; for the compiler',
    ],
  ]),
  ...inFile('src/fetch/retry/retry-rule.ts', [
    [
      "return kind === 'success' ? isFailureStatus(status) : isFetchFailure(outcome);",
      [`kind === 'success' -> false`, `'success' -> ""`],
      'of a response without notes both say what its status says: the first saves reading it again',
    ],
  ]),
  ...inFile('src/fetch/verdict/answer.ts', [
    [
      'return status !== undefined && status >= 100 && status < 1_000 ? status : undefined;',
      ['status !== undefined -> true'],
      'undefined is not at or above anything; for the compiler',
    ],
  ]),
  ...inFile('src/fetch/verdict/verdict.ts', [
    [
      'if (status === undefined || !(status < 400)) return false;',
      ['status === undefined -> false'],
      'undefined is not below anything; for the compiler',
    ],
    [
      'return status !== undefined && isFailureStatus(status);',
      ['status !== undefined -> true'],
      'undefined is no failure status; for the compiler',
    ],
    [
      'return status !== undefined && saysOverload(status);',
      ['status !== undefined -> true'],
      'undefined says no overload; for the compiler',
    ],
    [
      'return status !== undefined && status >= 400 ? String(status) : OTHER_ERROR;',
      ['status !== undefined -> true'],
      'undefined is not at or above anything; for the compiler',
    ],
  ]),
  ...inFile('src/policies/retry/backoff.ts', [
    [
      'if (isThenable(delay)) adopted(delay).catch(() => {});',
      ['isThenable(delay) -> true'],
      'what is no promise is a fulfilled one when it is adopted',
    ],
    [
      "const cause = outcome.kind === 'success' ? undefined : outcome.error;",
      [`outcome.kind === 'success' -> false`, `'success' -> ""`],
      'a success has no error; for the compiler',
    ],
  ]),
  ...inFile('src/policies/retry/typical-duration.ts', [
    [
      'if (this.#known > 0 && elapsedMs > 0) this.#log -= (elapsedMs / HALF_LIFE_MS) * Math.LN2;',
      ['this.#known > 0 -> true', 'this.#known > 0 -> this.#known >= 0'],
      'the first duration takes the place of whatever there was',
    ],
    [
      'if (this.#known > 0 && elapsedMs > 0) this.#log -= (elapsedMs / HALF_LIFE_MS) * Math.LN2;',
      ['elapsedMs > 0 -> elapsedMs >= 0'],
      'no time takes nothing away',
    ],
  ]),
  ...inFile('src/policies/retry-after.ts', [
    [
      "return outcome.kind === 'success' ? undefined : delay(read(outcome.error));",
      [`outcome.kind === 'success' -> false`, `'success' -> ""`],
      'a success has no error; for the compiler',
    ],
    [
      "if (typeof error !== 'object' || error === null) return undefined;",
      ['error === null -> false'],
      'reading null throws, which asks for nothing: asked to save the time',
    ],
    ['} catch {', ['{ return undefined; } -> {}'], 'nothing is undefined'],
  ]),
  ...inFile('src/policies/retry-budget/retry-budget.ts', [
    [
      "readonly #firstAttempts = new EventWindow(BUDGET_WINDOW_MS, BUCKETS, 'low');",
      [`'low' -> ""`],
      "whatever is not 'high' is 'low'",
    ],
    [
      'if (this.#minPerSecond === 0) return;',
      ['this.#minPerSecond === 0 -> false'],
      'a bucket that holds nothing gives nothing: made only where it is needed',
    ],
    [
      'else this.#floor?.take(1);',
      ['this.#floor?.take -> this.#floor.take'],
      'what is not earned comes from the floor, so there is one; for the compiler',
    ],
  ]),
  ...inFile('src/policies/token-bucket.ts', [
    [
      'if (missing <= 0) return 0;',
      ['missing <= 0 -> missing < 0'],
      'the wait for nothing is 0, too',
    ],
    [
      'if (nowMs > this.#filledAt && this.#owed === 0) this.#fill(nowMs);',
      ['nowMs > this.#filledAt -> nowMs >= this.#filledAt'],
      'no time brings nothing',
    ],
    [
      'const tokens = nowMs > this.#filledAt ? this.#filled(nowMs) : this.#tokens;',
      ['nowMs > this.#filledAt -> nowMs >= this.#filledAt'],
      'no time brings nothing',
    ],
    [
      'if (nowMs > this.#filledAt) this.#tokens = this.#filled(nowMs);',
      ['nowMs > this.#filledAt -> nowMs >= this.#filledAt'],
      'no time brings nothing',
    ],
  ]),
  ...inFile('src/policies/ejection/stay.ts', [
    [
      'return stay > maxEjectFor ? 2 * maxEjectFor - stay : stay;',
      ['stay > maxEjectFor -> stay >= maxEjectFor'],
      'folded back at itself it is the same',
    ],
  ]),
  ...inFile('src/registry/pick.ts', [
    [
      'if (policy.measure === undefined) continue;',
      ['policy.measure === undefined -> false'],
      'what measures nothing has no state when it is asked: kept to save the time',
    ],
    [
      "if (ejected === true) fault = 'ejected';",
      [`'ejected' -> ""`],
      "all that counts is that it is a fault, and not 'shut'",
    ],
    [
      'if (one !== undefined && other !== undefined && [one, other].every(isFine)) {',
      ['one !== undefined -> true'],
      'a list without a first has no other; for the compiler',
    ],
  ]),
  ...inFile('src/policies/priority/ranked-queue.ts', [
    [
      'this.#lines[at]?.queue.leave(waiter);',
      ['this.#lines[at]?.queue -> this.#lines[at].queue'],
      'who is in the queue has a line; for the compiler',
    ],
    [
      'if (item !== undefined) this.#oneLess(at, item);',
      ['item !== undefined -> true'],
      'no line is empty; for the compiler',
    ],
    [
      'if (turns === undefined || best === undefined) return 0;',
      ['best === undefined -> false'],
      'there is no line 0, nor one of no class; for the compiler',
    ],
    [
      'const may = (which: number) => firstOf(which) >= 0 && this.#mayHaveTurn(which);',
      ['firstOf(which) >= 0 -> firstOf(which) > 0'],
      'the first line is of the best class, which needs no turn',
    ],
    [
      'return a === b ? 0 : a > b ? 1 : -1;',
      ['a > b -> a >= b'],
      'equal ones have been told apart',
    ],
  ]),
  ...inFile('src/policies/priority/turns.ts', [
    [
      'for (let which = best - 1; which >= 0; which--) {',
      ['best - 1 -> best + 1'],
      'nobody waits above the best, and its own turn comes to the same',
    ],
    [
      'for (let i = 0; i < CLASSES; i++) {',
      ['i < CLASSES -> i <= CLASSES'],
      'nobody asks for a class that does not exist',
    ],
  ]),
  ...inFile('src/time/blocks.ts', [
    [
      'if (!(this.until > fromMs)) return 0;',
      ['this.until > fromMs -> this.until >= fromMs'],
      'a block that ends where the span begins has nothing in it',
    ],
  ]),
  ...inFile('src/policies/throttle/recent-traffic.ts', [
    [
      'this.#ended.record(nowMs, true, false);',
      ['false -> true'],
      'nobody reads how many were slow',
    ],
    [
      'this.#ended.record(nowMs, refused, false);',
      ['false -> true'],
      'nobody reads how many were slow',
    ],
  ]),
  ...inFile('src/pipeline/straight/usual-steps.ts', [
    [
      'if (a && b && c && d) {',
      [
        'a && b && c && d -> false',
        '{ return (call) => (a(call) ? (b(call) ? (c(call) ? (d(call) ? THROUGH : ld) : lc) : lb) : la); } -> {}',
      ],
      'the way in below does the same, in more time',
    ],
    [
      'if (b && c && d) {',
      [
        'b && c && d -> false',
        '{ return (call) => (d(call) ? (c(call) ? (b(call) ? THROUGH : lb) : lc) : ld); } -> {}',
      ],
      'the way out below does the same, in more time',
    ],
  ]),
  ...inFile('src/policies/rate-limiter/quota-window.ts', [
    [
      'if (more > 0 || place > this.#from) this.left -= more;',
      ['more > 0 -> more >= 0'],
      'taking nothing changes nothing',
    ],
  ]),
];

function inFile(file, entries) {
  return entries.flatMap(([line, changes, reason]) =>
    changes.map((change) => ({ file, line, change, reason })),
  );
}
