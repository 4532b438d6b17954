import { isScalar, type Cell, type Scalar } from './cells.js';

type Test = (cell: Cell) => boolean;
type Operators = Readonly<Record<string, unknown>>;

/**
 * A condition on one field as a question to its cell. Only what all databases answer alike is understood.
 *
 * @returns undefined for a condition that the database has to be asked
 */
export function testOf(condition: unknown): Test | undefined {
  if (isScalar(condition)) return (cell) => equals(cell, condition);
  if (!isOperators(condition)) return undefined;
  const tests: Test[] = [];
  for (const [operator, value] of Object.entries(condition)) {
    const test = testFor(operator, value);
    if (test === undefined) return undefined;
    tests.push(test);
  }
  return (cell) => tests.every((test) => test(cell));
}

/** An object of operators, at least one of them, and nothing else. */
export function isOperators(condition: unknown): condition is Operators {
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) return false;
  if (Object.getPrototypeOf(condition) !== Object.prototype) return false;
  const names = Object.keys(condition);
  return names.length > 0 && names.every((name) => name.startsWith('$'));
}

function testFor(operator: string, value: unknown): Test | undefined {
  switch (operator) {
    case '$eq':
      return isScalar(value) ? (cell) => equals(cell, value) : undefined;
    case '$ne':
      return isScalar(value) ? (cell) => !equals(cell, value) : undefined;
    case '$in':
    case '$nin': {
      if (!Array.isArray(value) || !value.every(isScalar)) return undefined;
      const isIn = amongst(value);
      return operator === '$in' ? isIn : (cell) => !isIn(cell);
    }
    case '$exists':
      return typeof value === 'boolean' ? (cell) => (cell !== undefined) === value : undefined;
    case '$gt':
      return comparison(value, (one, other) => one > other);
    case '$gte':
      return comparison(value, (one, other) => one >= other);
    case '$lt':
      return comparison(value, (one, other) => one < other);
    case '$lte':
      return comparison(value, (one, other) => one <= other);
    default:
      return undefined;
  }
}

/** Numbers only: of texts, databases differ in the order. */
function comparison(value: unknown, holds: (one: number, other: number) => boolean): Test | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const test = (item: Scalar | undefined): boolean => typeof item === 'number' && holds(item, value);
  return (cell) => (Array.isArray(cell) ? (cell as Scalar[]).some(test) : test(cell as Scalar | undefined));
}

/** One value of a list is enough; what is absent is equal to null. */
function equals(cell: Cell, value: Scalar): boolean {
  if (Array.isArray(cell)) return cell.includes(value);
  return (cell ?? null) === value;
}

function amongst(values: readonly Scalar[]): Test {
  const wanted = new Set(values);
  return (cell) =>
    Array.isArray(cell)
      ? (cell as Scalar[]).some((item) => wanted.has(item))
      : wanted.has((cell as Scalar | undefined) ?? null);
}
