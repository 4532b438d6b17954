import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError, type ValidatorOptions } from 'class-validator';
import { BadRequest } from '../domain/errors.js';
import { rightBody } from './right-body.js';

const options = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

/**
 * Checks a body against its DTO: for the pipe, and for bodies whose form the parameter's type cannot say.
 *
 * @throws BadRequest with SciCat's list of messages
 */
export function validateBody<Dto extends object>(dto: new () => Dto, body: unknown): Dto {
  const { value, errors } = check(dto, body);
  if (errors.length > 0) {
    const message = errors.flatMap((error) => messagesOf(error));
    throw new BadRequest(message.join('; '), { message, error: 'Bad Request', statusCode: 400 });
  }
  return value;
}

/** As `validateBody`, with the error body of v3 datasets: a JSON text inside `message`. */
export function validateV3DatasetBody<Dto extends object>(dto: new () => Dto, body: unknown): Dto {
  const { value, errors } = check(dto, body);
  if (errors.length > 0) {
    const message = JSON.stringify(
      errors.map(({ property, constraints, children = [] }) => ({ property, children, constraints })),
    );
    throw new BadRequest(message, { status: 400, message });
  }
  return value;
}

/** What is wrong with a body, as the `isValid` endpoints tell it; nothing is thrown. */
export function faultsOf<Dto extends object>(dto: new () => Dto, body: unknown): ValidationError[] {
  return check(dto, body).errors;
}

/** As `faultsOf`, of the fields that the DTO has: SciCat does not look at other keys there. */
export function knownFaultsOf<Dto extends object>(dto: new () => Dto, body: unknown): ValidationError[] {
  return check(dto, body, { forbidUnknownValues: true }).errors;
}

function check<Dto extends object>(
  dto: new () => Dto,
  body: unknown,
  rules: ValidatorOptions = options,
): { value: Dto; errors: ValidationError[] } {
  const plain: unknown = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {};
  refuseHostileKeys(plain);
  const right = rules === options ? rightBody(dto, plain as object) : undefined;
  if (right !== undefined) return { value: right, errors: [] };
  const value = plainToInstance(dto, plain, { exposeDefaultValues: false });
  bringBackNames(plain, value);
  return { value, errors: validateSync(value, rules).map(withoutBounds) };
}

const types: readonly string[] = ['isString', 'isInt', 'isNumber', 'isArray', 'isBoolean'];
const bounds: readonly string[] = ['min', 'max', 'maxLength', 'arrayMaxSize'];

/** What is of another type is said to be that; that it is too long, or too small, as well says nothing, and SciCat does not. */
function withoutBounds(error: ValidationError): ValidationError {
  const { constraints = {}, children = [] } = error;
  if (types.some((name) => name in constraints))
    error.constraints = Object.fromEntries(
      Object.entries(constraints).filter(([name]) => !bounds.includes(name)),
    );
  children.forEach(withoutBounds);
  return error;
}

/** Levels of nesting that a body may have. */
const deepest = 50;
const hostileKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** @throws BadRequest for keys that would change how objects work here, and for nesting that no record has */
function refuseHostileKeys(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > deepest) throw new BadRequest(`The body is nested deeper than ${deepest} levels.`);
  for (const [key, child] of Object.entries(value)) {
    if (hostileKeys.has(key))
      throw new BadRequest(`The body has a key ${JSON.stringify(key)}, which is not allowed.`);
    refuseHostileKeys(child, depth + 1);
  }
}

/** class-transformer leaves out, without a word, what is called as a method that every object has: `toString`, `valueOf`. */
function bringBackNames(plain: unknown, value: unknown): void {
  if (!isObject(plain) || !isObject(value)) return;
  for (const [name, child] of Object.entries(plain))
    if (Object.hasOwn(value, name)) bringBackNames(child, value[name]);
    else if (name in Object.prototype) value[name] = child;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function messagesOf(error: ValidationError, prefix = ''): string[] {
  const path = prefix === '' ? error.property : `${prefix}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((text) =>
    prefix === '' ? text : `${prefix}.${text}`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => messagesOf(child, path))];
}
