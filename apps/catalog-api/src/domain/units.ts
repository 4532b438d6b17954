import { unit, type Unit } from 'mathjs';

/** The letter Å in both of its encodings, which unit names may not have. */
const angstrom = /[\u00c5\u212b]/g;

export interface Quantity {
  readonly value: number;
  readonly unit: string;
}

type Metadata = Record<string, unknown>;

/** Units seen, parsed once: catalogues use few units many times. */
const parsed = new Map<string, Unit | undefined>();
const mostParsed = 5000;

/** A quantity in SI base units; as it came where the unit is unknown. */
export function toSi(value: number, unitName: string): Quantity {
  const one = parse(unitName);
  if (one === undefined) return { value, unit: unitName };
  try {
    const { value: number, unit: name } = unit(value, one.formatUnits()).toSI().toJSON() as {
      value: number;
      unit: string;
    };
    return { value: number, unit: name };
  } catch {
    return { value, unit: unitName };
  }
}

/** An SI quantity in the unit a reader asked for; undefined where they do not fit. */
export function fromSi({ value, unit: unitSI }: Quantity, wanted: string): number | undefined {
  const target = parse(wanted);
  if (target === undefined || parse(unitSI) === undefined) return undefined;
  try {
    return unit(value, unitSI).toNumber(target.formatUnits());
  } catch {
    return undefined;
  }
}

/** Adds `valueSI` and `unitSI` to every `{value, unit}` pair, at any depth. Pairs that do not convert stay as they are. */
export function withSiValues(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, isObject(value) ? withSi(value) : value]),
  );
}

function withSi(entry: Metadata): Metadata {
  const pair = pairOf(entry);
  if (pair === undefined) return withSiValues(entry);
  const si = toSi(pair.value, pair.unit);
  return { ...entry, valueSI: si.value, unitSI: si.unit };
}

/** Value and unit of a metadata entry: `value`/`unit`, `v`/`u`, or names that start so. */
export function pairOf(entry: Metadata): Quantity | undefined {
  const valueKey = 'value' in entry ? 'value' : 'v' in entry ? 'v' : undefined;
  const unitKey = 'unit' in entry ? 'unit' : 'u' in entry ? 'u' : undefined;
  if (valueKey === undefined || unitKey === undefined) return undefined;
  const [value, unitName] = [entry[valueKey], entry[unitKey]];
  return typeof value === 'number' && typeof unitName === 'string' && unitName !== ''
    ? { value, unit: unitName }
    : undefined;
}

function parse(name: string): Unit | undefined {
  if (parsed.has(name)) return parsed.get(name);
  if (parsed.size >= mostParsed) parsed.clear();
  let result: Unit | undefined;
  try {
    result = unit(1, name.replace(angstrom, 'angstrom'));
  } catch {
    result = undefined;
  }
  parsed.set(name, result);
  return result;
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
