import { getMetadataStorage, type ValidationArguments } from 'class-validator';

type Dto<Body> = new () => Body;
type Fields = Record<string, unknown>;
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

interface Check {
  readonly each: boolean;
  readonly constraints: unknown[];
  validate(value: unknown, asked: ValidationArguments): unknown;
}

/** What the decorators of one field ask for. */
interface Field {
  readonly name: string;
  /** Where one of them says no, nothing else is asked. */
  readonly conditions: readonly ((body: object, value: unknown) => unknown)[];
  readonly checks: readonly Check[];
  /** A value of a class of its own. */
  readonly isNested: boolean;
}

type Plan = ReadonlyMap<string, Field>;

const plans = new WeakMap<object, Plan | 'unknown'>();

/**
 * A body that is right beyond doubt, as an instance of its DTO: by the validators of the DTO's own decorators, which are looked up
 * once for each class. The libraries look them up, and make objects for errors that nobody reads, for each body again.
 *
 * @param body of JSON
 * @returns undefined where it is not right, or anything about it is unusual: then they have the word
 */
export function rightBody<Body extends object>(dto: Dto<Body>, body: object): Body | undefined {
  const plan = planOf(dto);
  if (plan === 'unknown') return undefined;
  const result = new dto() as Fields;
  for (const [name, value] of Object.entries(body)) {
    // Names of methods are left out by the library; it brings them back in another order.
    if (!plan.has(name) || name in dto.prototype) return undefined;
    const copy = copyOf(value);
    if (copy === unusual) return undefined;
    result[name] = copy;
  }
  for (const field of plan.values()) if (!isRight(field, dto.name, result)) return undefined;
  return result as Body;
}

function isRight({ name, conditions, checks, isNested }: Field, targetName: string, object: Fields): boolean {
  const value = object[name];
  if (!conditions.every((condition) => condition(object, value))) return true;
  if (isNested && !(Array.isArray(value) && value.length === 0)) return false;
  return checks.every((check) => {
    const asked = { targetName, property: name, object, value, constraints: check.constraints };
    if (!check.each || !Array.isArray(value)) return check.validate(value, asked) === true;
    return value.every((item) => check.validate(item, asked) === true);
  });
}

function planOf(dto: Dto<object>): Plan | 'unknown' {
  const known = plans.get(dto);
  if (known !== undefined) return known;
  const plan = compiled(dto) ?? 'unknown';
  plans.set(dto, plan);
  return plan;
}

/** Undefined where a decorator is of a kind that is not known here. */
function compiled(dto: Dto<object>): Plan | undefined {
  const storage = getMetadataStorage();
  const found = storage.getTargetValidationMetadatas(dto, '', false, false);
  if (found.length === 0) return undefined;
  const fields = new Map<string, Field>();
  for (const [name, metadata] of Object.entries(storage.groupByPropertyName(found))) {
    const field = fieldOf(name, metadata);
    if (field === undefined) return undefined;
    fields.set(name, field);
  }
  return fields;
}

function fieldOf(name: string, metadata: readonly Metadata[]): Field | undefined {
  const conditions: Field['conditions'][number][] = [];
  const checks: Check[] = [];
  let isNested = false;
  for (const { type, constraints, constraintCls, each, validateIf, groups } of metadata) {
    if (validateIf !== undefined || (groups ?? []).length > 0) return undefined;
    if (type === 'conditionalValidation') conditions.push(constraints[0] as Field['conditions'][number]);
    else if (type === 'nestedValidation') isNested = true;
    else if (type === 'customValidation')
      for (const { async, instance } of getMetadataStorage().getTargetValidatorConstraints(constraintCls)) {
        if (async) return undefined;
        checks.push({
          each: each === true,
          constraints,
          validate: (value, asked) => instance.validate(value, asked),
        });
      }
    else return undefined;
  }
  return { name, conditions, checks, isNested };
}

const unusual = Symbol('unusual');

/** A copy of a value of JSON: who changes a body for its record changes nobody else's. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? unusual : value;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    for (const item of value as unknown[]) {
      const one = copyOf(item);
      if (one === unusual) return unusual;
      copy.push(one);
    }
    return copy;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return unusual;
  const copy: Fields = {};
  for (const [name, inner] of Object.entries(value)) {
    const one = name in Object.prototype ? unusual : copyOf(inner);
    if (one === unusual) return unusual;
    copy[name] = one;
  }
  return copy;
}
