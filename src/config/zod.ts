/**
 * The schemas that options are made of: what is used of zod's core, without the methods that zod/mini gives each schema. A bundle would have
 * all of those.
 */
import * as core from 'zod/v4/core';
import { once } from './once.js';

export type output<S> = core.output<S>;
export type Schema<Out = unknown, In = unknown> = core.$ZodType<Out, In>;
export type Definition = core.$ZodTypeDef;
export type Issue = core.$ZodIssue;
export type RawIssue = core.$ZodRawIssue;
export type UnionIssue = core.$ZodIssueInvalidUnion;
export type Payload<T = unknown> = core.ParsePayload<T>;

/** A rule about several options. It adds to `issues` what is wrong. */
type Rule<T> = (payload: Payload<T>) => void;

/** An object with these options and no others, which follow these rules. */
export function strictObject<S extends core.$ZodLooseShape>(
  shape: S,
  ...rules: Rule<core.output<core.$ZodObject<S, core.$strict>>>[]
): core.$ZodObject<S, core.$strict> {
  const checks = rules.map((check) => ({
    _zod: { check, def: { check: 'custom' }, onattach: [] },
  }));
  const catchall = new core.$ZodNever({ type: 'never' });
  return new core.$ZodObject({
    type: 'object',
    shape,
    catchall,
    checks: checks as unknown as core.$ZodCheck[],
  }) as core.$ZodObject<S, core.$strict>;
}

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
export function refine<T>(
  isRight: (value: T) => boolean,
  says: { readonly error: string },
): Rule<T> {
  return ({ value, issues }) => {
    if (isRight(value)) return;
    // With `continue`, a union knows that this form is meant, since its values are right and only a rule is broken.
    issues.push({ code: 'custom', input: value, message: says.error, continue: true });
  };
}

export function optional<S extends core.SomeType>(innerType: S): core.$ZodOptional<S> {
  return new core.$ZodOptional({
    type: 'optional',
    innerType: innerType as unknown as core.$ZodType,
  }) as unknown as core.$ZodOptional<S>;
}

/** `value` may be a function that makes the default. An object has to be made, or all that use the default would share it. */
export function _default<S extends core.SomeType>(
  innerType: S,
  value: core.util.NoUndefined<core.output<S>> | (() => core.util.NoUndefined<core.output<S>>),
): core.$ZodDefault<S> {
  return new core.$ZodDefault({
    type: 'default',
    innerType: innerType as unknown as core.$ZodType,
    get defaultValue() {
      return typeof value === 'function' ? (value as () => unknown)() : value;
    },
  }) as unknown as core.$ZodDefault<S>;
}

/** One of several forms. */
export function union<const S extends readonly core.SomeType[]>(
  options: S,
  says?: { readonly error: core.$ZodErrorMap | string },
): core.$ZodUnion<S> {
  const error = typeof says?.error === 'string' ? () => says.error as string : says?.error;
  return new core.$ZodUnion({
    type: 'union',
    options: options as unknown as core.$ZodType[],
    ...(error === undefined ? {} : { error }),
  }) as unknown as core.$ZodUnion<S>;
}

interface ValueDef extends core.$ZodTypeDef {
  readonly read: (payload: Payload, context: core.ParseContextInternal) => Payload;
  readonly innerType?: core.$ZodType;
}

type ValueType = core.$constructor<core.$ZodType, ValueDef>;

/** The type of the schemas that are functions of ours: they replace the value, or add to the issues. */
const valueType = /* @__PURE__ */ once(
  (): ValueType =>
    core.$constructor('Value', (made, def) => {
      const init: (made: core.$ZodType, def: ValueDef) => void = core.$ZodType.init;
      init(made, def);
      made._zod.parse = (payload, context) => def.read(payload, context);
    }),
);

/** @param innerType The schema that it is about, for messages. */
function value(read: ValueDef['read'], innerType?: core.$ZodType): core.$ZodType {
  const Value = valueType();
  return new Value({ type: 'custom', read, ...(innerType === undefined ? {} : { innerType }) });
}

/** Marks an issue of a whole value. If there is no value, the message says that it is missing. */
const WHOLE = { whole: true };

/** Whether an issue is one of a whole value. */
export function isOfWholeValue(issue: object): boolean {
  return 'params' in issue && issue.params === WHOLE;
}

type Says = string | ((value: unknown) => string);

function wrong({ value, issues }: Payload, says: Says | undefined, params?: object): void {
  const message = typeof says === 'function' ? says(value) : says;
  issues.push({ code: 'custom', input: value, message, params });
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
  says?: { readonly error: Says },
): Schema<T, T> {
  return checked(says?.error, isRight, {});
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
  return value(read, innerType) as unknown as S;
}

/** The schema, for values that follow a rule besides. */
export function ruled<Out, In>(schema: Schema<Out, In>, rule: Rule<Out>): Schema<Out, In> {
  const read = (payload: Payload, context: core.ParseContextInternal): Payload => {
    const done = schema._zod.run(payload, context) as Payload<Out>;
    if (done.issues.length === 0) rule(done);
    return done;
  };
  return value(read, schema) as Schema<Out, In>;
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
  const issues = done.issues.map((issue) => core.util.finalizeIssue(issue, context, core.config()));
  return { value: done.value, issues };
}
