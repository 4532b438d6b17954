type Schema = Readonly<Record<string, unknown>>;

/** A kind of value, as OpenAPI describes it and as TypeScript knows it. */
interface Kind<Value> {
  readonly schema: Schema;
  /** What a list or a map is made of. */
  readonly of?: AnswerValue;
  /** Never there: it carries the type. */
  readonly value?: Value;
}

/** What an operation answers: its name and its fields become a schema of the OpenAPI document. */
export interface AnswerClass<Value = object> {
  new (): Value;
  readonly name: string;
  readonly fields: AnswerFields;
}

export type AnswerValue = Kind<unknown> | AnswerClass;

interface Maybe<Inner extends AnswerValue> {
  readonly maybe: Inner;
}

export type AnswerFields = Readonly<Record<string, AnswerValue | Maybe<AnswerValue>>>;

type ValueOf<Field> =
  Field extends AnswerClass<infer Inner> ? Inner : Field extends Kind<infer Inner> ? Inner : never;
type Shape<Fields> = {
  [Name in keyof Fields as Fields[Name] extends Maybe<AnswerValue> ? never : Name]: ValueOf<Fields[Name]>;
} & {
  [
    Name in keyof Fields as Fields[Name] extends Maybe<AnswerValue> ? Name : never
  ]?: Fields[Name] extends Maybe<infer Inner> ? ValueOf<Inner> : never;
};

/**
 * The base of a class that says what the API answers: `class Found extends Answer({ count: number }) {}`. Its instances have
 * the type that the OpenAPI document describes; nobody makes one, services answer records of that shape.
 */
export function Answer<Fields extends AnswerFields>(
  fields: Fields,
): AnswerClass<Shape<Fields>> & { readonly fields: Fields } {
  return class {
    static readonly fields = fields;
  } as unknown as AnswerClass<Shape<Fields>> & { readonly fields: Fields };
}

export const text: Kind<string> = { schema: { type: 'string' } };
export const number: Kind<number> = { schema: { type: 'number' } };
export const flag: Kind<boolean> = { schema: { type: 'boolean' } };
/** ISO 8601 on the wire. */
export const date: Kind<string | Date> = { schema: { type: 'string', format: 'date-time' } };
export const object: Kind<object> = { schema: { type: 'object', additionalProperties: true } };
/** Text, or null. */
export const textOrNull: Kind<string | null> = { schema: { type: 'string', nullable: true } };
export const anything: Kind<unknown> = { schema: {} };

export function list<Item extends AnswerValue>(items: Item): Kind<readonly ValueOf<Item>[]> {
  return { schema: { type: 'array', items: schemaOf(items) }, of: items };
}

/** An object of these by name. */
export function mapOf<Item extends AnswerValue>(items: Item): Kind<Readonly<Record<string, ValueOf<Item>>>> {
  return { schema: { type: 'object', additionalProperties: schemaOf(items) }, of: items };
}

/** A field that may be absent. */
export function maybe<Inner extends AnswerValue>(inner: Inner): Maybe<Inner> {
  return { maybe: inner };
}

type Partly<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends AnswerValue ? Maybe<Fields[Name]> : Fields[Name];
};

/** The same fields, any of which may be absent. */
export function partly<Fields extends AnswerFields>(fields: Fields): Partly<Fields> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, 'maybe' in field ? field : maybe(field)]),
  ) as Partly<Fields>;
}

/** The schema of a value: that of a class is a reference. */
export function schemaOf(value: AnswerValue): Schema {
  return typeof value === 'function' ? { $ref: `#/components/schemas/${value.name}` } : value.schema;
}
