/**
 * The schemas that options are made of. They have the types of zod's, and the part inside by which zod's schemas call each other. So each can
 * have the other inside. Nothing of zod itself is loaded here, since every bundle would have it.
 */
import type * as core from 'zod/v4/core';

export type output<S> = core.output<S>;
export type Schema<Out = unknown, In = unknown> = core.$ZodType<Out, In>;
export type Definition = core.$ZodTypeDef;
export type Issue = core.$ZodIssue;
export type RawIssue = core.$ZodRawIssue;
export type UnionIssue = core.$ZodIssueInvalidUnion;
export type Payload<T = unknown> = core.ParsePayload<T>;

/** A rule about several options. It adds to `issues` what is wrong. */
type Rule<T> = (payload: Payload<T>) => void;

/** The options that an object of this schema may have, each with its own. */
export function shapeOf<S extends Readonly<core.$ZodShape>>(
  schema: core.$ZodObject<S, core.$strict>,
): S {
  return schema._zod.def.shape;
}

/** The options of the schema, and more. Its rules about several options do not come along. */
export function extend<S extends Readonly<core.$ZodShape>, M extends core.$ZodLooseShape>(
  schema: core.$ZodObject<S, core.$strict>,
  more: M,
): core.$ZodObject<Omit<S, keyof M> & M, core.$strict> {
  return strictObject({ ...shapeOf(schema), ...more });
}

/** A rule that `isRight` states. If it is broken, `error` says so. */
export function refine<T>(isRight: (value: T) => boolean, says: string): Rule<T> {
  return ({ value, issues }) => {
    if (isRight(value)) return;
    // With `continue`, a union knows that this form is meant, since its values are right and only a rule is broken.
    issues.push({ code: 'custom', input: value, message: says, continue: true });
  };
}

type Read = (payload: Payload, context: core.ParseContextInternal) => Payload;

interface ValueDef {
  /** The schema that it is about, for messages. */
  readonly innerType?: core.$ZodType;
  /** The options of an object, for messages. */
  readonly shape?: core.$ZodLooseShape;
  /** The forms that it has, for messages. */
  readonly options?: readonly core.$ZodType[];
  /** Whether an object may lack it, and what is done then: see zod. */
  readonly optin?: core.$ZodType['_zod']['optin'];
  readonly optout?: core.$ZodType['_zod']['optout'];
}

/** By these zod knows its own schemas. */
const TRAITS: ReadonlySet<string> = /* @__PURE__ */ new Set(['$ZodType']);

function value(read: Read, def: ValueDef = {}): core.$ZodType {
  const { optin, optout } = def;
  const inside = { def: { type: 'custom', ...def }, run: read, parse: read, optin, optout };
  return { _zod: { ...inside, traits: TRAITS } } as unknown as core.$ZodType;
}

/** An object with these options and no others, which follow these rules. */
export function strictObject<S extends core.$ZodLooseShape>(
  shape: S,
  ...rules: Rule<core.output<core.$ZodObject<S, core.$strict>>>[]
): core.$ZodObject<S, core.$strict> {
  type Made = core.$ZodObject<S, core.$strict>;
  const options = Object.entries(shape as Readonly<Record<string, core.$ZodType>>);
  const read: Read = (payload, context) => {
    const { issues } = payload;
    const { value: given } = payload;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      issues.push({ code: 'invalid_type', expected: 'object', input: given });
      return payload;
    }
    const input = given as Readonly<Record<string, unknown>>;
    const values: Record<string, unknown> = {};
    payload.value = values;
    for (const [key, { _zod: option }] of options) {
      const isThere = key in input;
      if (!isThere && option.optout === 'optional' && option.optin === 'optional') continue;
      const done = option.run({ value: input[key], issues: [] }, context) as Payload;
      for (const issue of done.issues)
        issues.push({ ...issue, path: [key, ...(issue.path ?? [])] });
      if (isThere || done.value !== undefined) values[key] = done.value;
    }
    const keys: string[] = [];
    for (const key in input) if (!Object.hasOwn(shape, key)) keys.push(key);
    if (keys.length > 0) issues.push({ code: 'unrecognized_keys', keys, input, continue: true });
    for (const rule of rules) {
      if (!isAborted(payload)) rule(payload as Payload<core.output<Made>>);
    }
    return payload;
  };
  return value(read, { shape }) as unknown as Made;
}

/** A shape in which every option may be missing: those of `Defaults` then have their default. */
type Options<S extends core.$ZodLooseShape, Defaults> = {
  readonly [K in keyof S]: K extends keyof Defaults
    ? core.$ZodDefault<S[K]>
    : core.$ZodOptional<S[K]>;
};

/** An object with these options and no others, any of which may be missing. Its rules hear of the defaults of those that are. */
export function options<S extends core.$ZodLooseShape, Defaults extends object>(
  shape: S,
  defaults: Defaults,
  ...rules: Rule<core.output<core.$ZodObject<Options<S, Defaults>, core.$strict>>>[]
): core.$ZodObject<Options<S, Defaults>, core.$strict> {
  const all = Object.entries(shape).map(([key, schema]) => [
    key,
    Object.hasOwn(defaults, key)
      ? _default(schema as Schema, defaults[key as keyof Defaults] as object)
      : optional(schema),
  ]);
  return strictObject(Object.fromEntries(all) as Options<S, Defaults>, ...rules);
}

/** For a rule about several options: says which of them is wrong, and why. */
export function wrongIn<T extends object>({
  value,
  issues,
}: Payload<T>): (key: keyof T & string, message: string) => void {
  return (key, message) => {
    issues.push({ code: 'custom', input: value[key], path: [key], message });
  };
}

export function optional<S extends core.SomeType>(schema: S): core.$ZodOptional<S> {
  const innerType = schema as unknown as core.$ZodType;
  const { optin = 'optional' } = innerType._zod;
  const read: Read = (payload, context) =>
    payload.value === undefined && optin === 'optional'
      ? payload
      : (innerType._zod.run(payload, context) as Payload);
  const made = value(read, { innerType, optin, optout: 'optional' });
  return made as unknown as core.$ZodOptional<S>;
}

/** `byDefault` may be a function that makes the default. An object has to be made, or all that use the default would share it. */
export function _default<S extends core.SomeType>(
  schema: S,
  byDefault: core.util.NoUndefined<core.output<S>> | (() => core.util.NoUndefined<core.output<S>>),
): core.$ZodDefault<S> {
  const innerType = schema as unknown as core.$ZodType;
  const read: Read = (payload, context) => {
    if (payload.value !== undefined) return innerType._zod.run(payload, context) as Payload;
    payload.value = typeof byDefault === 'function' ? (byDefault as () => unknown)() : byDefault;
    return payload;
  };
  return value(read, { innerType, optin: 'defaulted' }) as unknown as core.$ZodDefault<S>;
}

/** One of several forms. The first that takes a value reads it. */
export function union<const S extends readonly core.SomeType[]>(
  forms: S,
  says?: Says,
): core.$ZodUnion<S> {
  const options = forms as unknown as core.$ZodType[];
  const optin = options.find((each) => each._zod.optin !== undefined)?._zod.optin;
  const optout = options.find((each) => each._zod.optout !== undefined)?._zod.optout;
  const read: Read = (payload, context) => {
    const results: Payload[] = [];
    for (const option of options) {
      const result = option._zod.run({ value: payload.value, issues: [] }, context) as Payload;
      if (result.issues.length === 0) return result;
      results.push(result);
    }
    // A form whose values are right, and which only breaks a rule, is the one that is meant.
    const meant = results.filter((each) => !isAborted(each));
    if (meant.length === 1) return meant[0] as Payload;
    const errors = results.map(({ issues }) => finalized(issues, context));
    const { value: input, issues } = payload;
    issues.push({ code: 'invalid_union', input, errors, message: textOf(says, input) });
    return payload;
  };
  return value(read, { options, optin, optout }) as unknown as core.$ZodUnion<S>;
}

/** Marks an issue of a whole value. If there is no value, the message says that it is missing. */
const WHOLE = { whole: true };

/** Whether an issue is one of a whole value. */
export function isOfWholeValue(issue: object): boolean {
  return 'params' in issue && issue.params === WHOLE;
}

type Says = string | ((value: unknown) => string);

function textOf(says: Says | undefined, value: unknown): string | undefined {
  return typeof says === 'function' ? says(value) : says;
}

function wrong({ value, issues }: Payload, says: Says | undefined, params?: object): void {
  issues.push({ code: 'custom', input: value, message: textOf(says, value), params });
}

/** A value that is stored in another form. `convert` throws if it is wrong. Then `says` tells what would be right. */
export function converted<Out, In>(says: Says, convert: (value: In) => Out): Schema<Out, In> {
  const read = (payload: Payload): Payload => {
    try {
      payload.value = convert(payload.value as In);
    } catch {
      wrong(payload, says, WHOLE);
    }
    return payload;
  };
  return value(read) as Schema<Out, In>;
}

/** A value for which `isRight` holds. Whatever is wrong with another one, `says` tells what would be right. */
export function checked<T>(
  says: Says | undefined,
  isRight: (value: unknown) => boolean,
  params: object | undefined = WHOLE,
): Schema<T, T> {
  const read = (payload: Payload): Payload => {
    if (!isRight(payload.value)) wrong(payload, says, params);
    return payload;
  };
  return value(read) as Schema<T, T>;
}

/** A value of another kind than plain data. */
export function custom<T>(
  isRight: (value: unknown) => boolean = () => true,
  says?: Says,
): Schema<T, T> {
  return checked(says, isRight, {});
}

/** The schema, for values that `isRight` takes. `says` is said of the others. */
export function guarded<S extends core.SomeType>(
  schema: S,
  isRight: (value: unknown) => boolean,
  says: string,
): S {
  const innerType = schema as unknown as core.$ZodType;
  const read = (payload: Payload, context: core.ParseContextInternal): Payload => {
    if (isRight(payload.value)) return innerType._zod.run(payload, context) as Payload;
    wrong(payload, says);
    return payload;
  };
  return value(read, { innerType }) as unknown as S;
}

/** The schema, for values that follow a rule besides. */
export function ruled<Out, In>(schema: Schema<Out, In>, rule: Rule<Out>): Schema<Out, In> {
  const read = (payload: Payload, context: core.ParseContextInternal): Payload => {
    const done = schema._zod.run(payload, context) as Payload<Out>;
    if (done.issues.length === 0) rule(done);
    return done;
  };
  return value(read, { innerType: schema }) as Schema<Out, In>;
}

/**
 * Checks a value. Without issues, `value` is the one to use. `context.error` makes the text of an issue whose schema has none.
 *
 * No error of zod's is made: nobody sees it, and it cannot be made where `Error.prototype` is frozen.
 */
export function check<S extends core.$ZodType>(
  schema: S,
  input: unknown,
  context: core.ParseContext<core.$ZodIssue>,
): { readonly value: core.output<S>; readonly issues: readonly Issue[] } {
  const payload = { value: input, issues: [] };
  const done = schema._zod.run(payload, { ...context, async: false }) as Payload<core.output<S>>;
  return { value: done.value, issues: finalized(done.issues, context) };
}

/** Whether the value is wrong, so that rules are not asked about it. */
function isAborted({ aborted, issues }: Payload): boolean {
  return aborted === true || issues.some((issue) => issue.continue !== true);
}

/** An issue as zod's schemas find it. */
type Found = RawIssue & { readonly schema?: core.$ZodType | undefined };
type ErrorMap = (issue: Found) => string | { readonly message: string } | null | undefined;

/** Issues with texts: their own, that of what found them, or that of the context. */
function finalized(issues: readonly RawIssue[], context: object): Issue[] {
  const { error, reportInput } = context as { error?: ErrorMap; reportInput?: boolean };
  return issues.map((issue) => {
    const { inst, schema, continue: _, input, ...told } = issue as Found;
    const maps = [inst?._zod.def.error, schema?._zod.def.error, error] as readonly ErrorMap[];
    const message = issue.message || maps.map((map) => textBy(map, issue)).find(Boolean);
    const shown = reportInput === true ? { input } : {};
    return { path: [], ...told, message: message ?? 'Invalid input', ...shown } as unknown as Issue;
  });
}

function textBy(map: ErrorMap | undefined, issue: RawIssue): string | undefined {
  const said = map?.(issue);
  return typeof said === 'object' ? said?.message : said;
}
