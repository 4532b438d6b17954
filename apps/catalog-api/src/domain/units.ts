import { readUnit, type NamedUnit } from './unit-names.js';

export interface Quantity {
  readonly value: number;
  /** Null where the base units cancel out. */
  readonly unit: string | null;
}

/** A quantity as records may hold it. */
export interface SoughtQuantity extends Quantity {
  /** How far a stored value may be away and still be the same. */
  readonly margin: number;
}

type Metadata = Record<string, unknown>;

/**
 * Relative: 7 mm and 7000 µm are rounded differently on their way to metres. Nothing is measured so precisely, and no
 * rounding is so coarse.
 */
const tolerance = 1e-9;

/** A quantity in SI base units; as it came where the unit is unknown. */
export function toSi(value: number, unitName: string): Quantity {
  return siOf(value, unitName, readUnit(unitName));
}

function siOf(value: number, unitName: string, unit: NamedUnit | undefined): Quantity {
  const valueSI = unit === undefined ? Number.NaN : scaled(value, unit) + unit.zero;
  return unit === undefined || !Number.isFinite(valueSI)
    ? { value, unit: unitName }
    : { value: valueSI, unit: unit.nameSI };
}

/**
 * What records hold that have a value in a unit: SI values, or the value as it came, where the unit was not understood when
 * the record was written.
 */
export function soughtFor(value: number, unitName: string): SoughtQuantity[] {
  const unit = readUnit(unitName);
  const asItCame = { value, unit: unitName, margin: 0 };
  if (unit === undefined) return [asItCame];
  const margin = (Math.abs(scaled(value, unit)) + Math.abs(unit.zero)) * tolerance;
  const inSi = { ...siOf(value, unitName, unit), margin };
  return unit.isOurs ? [inSi, asItCame] : [inSi];
}

/** Turns SI values into those of the unit a reader asked for; undefined where the units do not fit. */
export function fromSi(unitSI: string, wanted: string): ((value: number) => number) | undefined {
  const [target, source] = [readUnit(wanted), readUnit(unitSI)];
  if (target === undefined || source === undefined || !isSameKind(source, target)) return undefined;
  return (value) =>
    target.factors.reduce(
      (number, factor) => number / factor,
      scaled(value, source) + source.zero - target.zero,
    );
}

function scaled(value: number, { factors }: NamedUnit): number {
  return factors.reduce((number, factor) => number * factor, value);
}

function isSameKind(one: NamedUnit, other: NamedUnit): boolean {
  return one.powers.every((power, index) => Math.abs(power - other.powers[index]!) <= 1e-12);
}

/**
 * Adds `valueSI` and `unitSI` to every `{value, unit}` pair, at any depth; of a range, to each of its numbers. Numbers may
 * be texts. Pairs that do not convert stay as they are.
 */
export function withSiValues(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, isObject(value) ? withSi(value) : value]),
  );
}

function withSi(entry: Metadata): Metadata {
  const names = pairIn(entry);
  if (names === undefined) return withSiValues(entry);
  const [value, unitName] = [entry[names.value], entry[names.unit] as string];
  // Read once: a list may have any number of values.
  const unit = readUnit(unitName);
  const all = [value].flat().map((number) => siOf(Number(number), unitName, unit));
  return {
    ...entry,
    valueSI: Array.isArray(value) ? all.map((si) => si.value) : all[0]!.value,
    unitSI: all[0]!.unit,
  };
}

/** Names of the value and the unit in an entry. */
interface Pair {
  readonly value: string;
  readonly unit: string;
}

const usualNames = { value: ['value', 'v', 'values', 'val'], unit: ['unit', 'u', 'units'] };

/**
 * What an entry calls its value and its unit. SciCat takes any name with these first letters; names that are not usual count
 * here where the unit is one: `velocity` and `user` are no pair.
 */
export function pairIn(entry: Metadata): Pair | undefined {
  const isUnit = (name: string): boolean => typeof entry[name] === 'string' && entry[name] !== '';
  const isKnown = (name: string): boolean => isUnit(name) && readUnit(entry[name] as string) !== undefined;
  const value = nameIn(entry, usualNames.value, (name) => isMeasured(entry[name]));
  const unit = nameIn(entry, usualNames.unit, isUnit, isKnown);
  if (value === undefined || unit === undefined) return undefined;
  const areUsual = usualNames.value.includes(value) && usualNames.unit.includes(unit);
  return areUsual || isKnown(unit) ? { value, unit } : undefined;
}

/** The usual name that fits; another one with the same first letter where the entry has no usual name. */
function nameIn(
  entry: Metadata,
  usual: readonly string[],
  fits: (name: string) => boolean,
  otherFits = fits,
): string | undefined {
  const present = usual.filter((name) => Object.hasOwn(entry, name));
  if (present.length > 0) return present.find(fits);
  return Object.keys(entry).find(
    (name) => name.startsWith(usual[1]!) && !name.endsWith('SI') && otherFits(name),
  );
}

const numberAsText = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** A number, a number as text, or a list of them. */
function isMeasured(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => isNumber(item));
  return isNumber(value);
}

function isNumber(value: unknown): boolean {
  // What is no number any more after reading (`1e400`) stays the text it is.
  return (
    typeof value === 'number' ||
    (typeof value === 'string' && numberAsText.test(value) && Number.isFinite(Number(value)))
  );
}

/** A range, or any other list of measured values. */
export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number');
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
