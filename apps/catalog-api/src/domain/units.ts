import { unit, Unit as UnitLibrary, type Unit } from 'mathjs';

/** The letter Å in both of its encodings, which unit names may not have. */
const angstrom = /[\u00c5\u212b]/g;

export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

type Metadata = Record<string, unknown>;

/** A unit as it was read, once for all values that have it. A value is `zero + slope × value` in SI base units. */
interface KnownUnit {
  readonly one: Unit;
  readonly name: string;
  readonly nameSI: string;
  readonly zero: number;
  readonly slope: number;
}

/** Characters; longer names are not units anybody measures in. */
const longestName = 64;
/** What a unit is written with. */
const nameOfUnit = /^[A-Za-z0-9 \t.*/^()+-]+$/;
/** Numbers at the start and after `^`, as the library takes them. */
const numbers = /(^\s*|\^\s*)[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi;
const words = /[A-Za-z][A-Za-z0-9]*/g;

/** Names the library knows, prefixes included: it takes a hundred times longer to find that it does not know one. */
const vocabulary = new Set(
  Object.entries((UnitLibrary as unknown as { UNITS: Record<string, { prefixes: object }> }).UNITS).flatMap(
    ([name, { prefixes }]) => Object.keys(prefixes).map((prefix) => prefix + name),
  ),
);

/** Units seen, read once: catalogues use few units many times. */
const known = new Map<string, KnownUnit>();
const unknown = new Set<string>();
const mostRemembered = 5000;

/**
 * How often one request may ask the library: a document can hold any number of units. Names beyond, that no request used
 * before, count as unknown; values beyond are computed here, which may differ in the last digit.
 */
export class UnitBudget {
  private names = 1000;
  private values = 1000;

  /** Whether one more name may be read. */
  takeName(): boolean {
    return this.names > 0 && (this.names -= 1) >= 0;
  }

  /** Whether one more value may be converted by the library. */
  takeValue(): boolean {
    return this.values > 0 && (this.values -= 1) >= 0;
  }

  /** How often the library was asked. */
  get spent(): number {
    return 2000 - this.names - this.values;
  }
}

/** A quantity in SI base units; as it came where the unit is unknown. */
export function toSi(value: number, unitName: string, budget: UnitBudget): Quantity {
  const found = unitOf(unitName, budget);
  if (found === undefined) return { value, unit: unitName };
  return budget.takeValue()
    ? inSi(value, found.name)
    : { value: found.zero + found.slope * value, unit: found.nameSI };
}

/** An SI quantity in the unit a reader asked for; undefined where they do not fit. */
export function fromSi(
  { value, unit: unitSI }: Quantity,
  wanted: string,
  budget: UnitBudget,
): number | undefined {
  const [target, source] = [unitOf(wanted, budget), unitOf(unitSI, budget)];
  if (target === undefined || source === undefined || !source.one.equalBase(target.one)) return undefined;
  return (source.zero + source.slope * value - target.zero) / target.slope;
}

/**
 * Adds `valueSI` and `unitSI` to every `{value, unit}` pair, at any depth; of a range, to each of its numbers. Pairs that do
 * not convert stay as they are.
 */
export function withSiValues(metadata: Metadata, budget = new UnitBudget()): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, isObject(value) ? withSi(value, budget) : value]),
  );
}

function withSi(entry: Metadata, budget: UnitBudget): Metadata {
  const [value, unitName] = pairOf(entry);
  if (typeof unitName !== 'string' || unitName === '') return withSiValues(entry, budget);
  if (typeof value === 'number') {
    const si = toSi(value, unitName, budget);
    return { ...entry, valueSI: si.value, unitSI: si.unit };
  }
  if (!isNumbers(value)) return withSiValues(entry, budget);
  const all = value.map((number) => toSi(number, unitName, budget));
  return { ...entry, valueSI: all.map((si) => si.value), unitSI: all[0]?.unit ?? unitName };
}

/** Value and unit of a metadata entry, whatever they are: `value`/`unit`, or `v`/`u`. */
function pairOf(entry: Metadata): [value: unknown, unit: unknown] {
  return [entry['value'] ?? entry['v'], entry['unit'] ?? entry['u']];
}

/** A range, or any other list of measured values. */
export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

/** How many names are remembered, of either kind. */
export function rememberedUnits(): { readonly known: number; readonly unknown: number } {
  return { known: known.size, unknown: unknown.size };
}

function unitOf(name: string, budget: UnitBudget): KnownUnit | undefined {
  if (name.length > longestName || unknown.has(name)) return undefined;
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const text = name.replace(angstrom, 'angstrom');
  if (!isWritten(text) || !budget.takeName()) return undefined;
  const read = readUnit(text);
  if (read === undefined) unknown.add(name);
  else known.set(name, read);
  for (const memory of [known, unknown]) forgetOldest(memory);
  return read;
}

/** Whether it is made of words the library knows: what it would refuse for one word is not worth asking. */
function isWritten(text: string): boolean {
  if (!nameOfUnit.test(text)) return false;
  const found = text.replace(numbers, '$1').match(words) ?? [];
  return found.length > 0 && found.every((word) => vocabulary.has(word));
}

function readUnit(text: string): KnownUnit | undefined {
  try {
    const one = unit(1, text);
    const name = one.formatUnits();
    const { value: zero, unit: nameSI } = inSi(0, name);
    return { one, name, nameSI, zero, slope: inSi(1, name).value - zero };
  } catch {
    return undefined;
  }
}

/** @throws where the library refuses the unit */
function inSi(value: number, name: string): Quantity {
  return unit(value, name).toSI().toJSON();
}

function forgetOldest(memory: Map<string, unknown> | Set<string>): void {
  const [oldest] = memory.keys();
  if (memory.size > mostRemembered && oldest !== undefined) memory.delete(oldest);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
