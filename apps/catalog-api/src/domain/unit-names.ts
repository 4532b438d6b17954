import { baseNames, prefixRows, unitRows } from './unit-table.js';

/** A word that is a unit, prefix included. */
interface Word {
  readonly factor: number;
  /** Its zero in SI base units: 273.15 of degC. */
  readonly zero: number;
  readonly powers: readonly number[];
}

/** What a unit's name says. */
export interface NamedUnit {
  /** What a value is multiplied with, one after the other, to be in SI base units. */
  readonly factors: readonly number[];
  readonly zero: number;
  readonly powers: readonly number[];
  /** The unit in SI base units as databases hold it (`(kg m^2) / s^2`); null where they cancel out. */
  readonly nameSI: string | null;
  /** Written in a way that SciCat, and this service before, did not understand: `µm`, `cm⁻¹`. */
  readonly isOurs: boolean;
}

/** Characters; longer names are not units anybody measures in, and reading one takes time in proportion. */
const longestName = 64;

const bases = baseNames.split(' ');
const words = wordsOf(unitRows.trim().split('\n'), prefixRows.split('\n').slice(1, -1));

/** Every unit with each of its prefixes. A whole name wins over a prefix with a shorter one, and what is listed first. */
function wordsOf(rows: readonly string[], sets: readonly string[]): ReadonlyMap<string, Word> {
  const found = new Map<string, Word>();
  const units = rows.map((row) => {
    const [name = '', set, factor, zero, powers = ''] = row.split(' ');
    return {
      name,
      set: Number(set),
      word: { factor: Number(factor), zero: Number(zero), powers: powers.split(',').map(Number) },
    };
  });
  const prefixes = sets.map((set) => set.split(' ').map((prefix) => prefix.split('=') as [string, string]));
  for (const { name, word } of units) found.set(name, word);
  for (const { name, set, word } of units)
    for (const [prefix, factor] of prefixes[set]!)
      if (!found.has(prefix + name))
        found.set(prefix + name, { ...word, factor: word.factor * Number(factor) });
  return found;
}

/**
 * Reads a unit: products, quotients and powers of words, as mathjs reads them (a number at the start says nothing), and as
 * people write them. Undefined for what is no unit.
 */
export function readUnit(name: string): NamedUnit | undefined {
  if (name.length > longestName) return undefined;
  if (known.has(name)) return known.get(name);
  const unit = read(name);
  // An installation has some dozens.
  if (known.size >= maxKnown) known.clear();
  known.set(name, unit);
  return unit;
}

const known = new Map<string, NamedUnit | undefined>();
const maxKnown = 1000;

function read(name: string): NamedUnit | undefined {
  const text = spelled(name);
  const reader = new Reader(text);
  if (!reader.read()) return undefined;
  const { factors, powers, zero } = reader;
  // Neither a number to divide by nor one to multiply with.
  const slope = factors.reduce((product, factor) => product * factor, 1);
  if (!Number.isFinite(slope) || slope === 0 || !powers.every(Number.isFinite)) return undefined;
  return { factors, powers, zero, nameSI: nameOf(powers), isOurs: reader.isRelaxed || text !== name };
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const plainAscii = /^[ -~]*$/;

/** A name in the letters of the table: what keyboards and instruments write differs. */
function spelled(name: string): string {
  if (plainAscii.test(name)) return name;
  return name
    .replace(/([⁺⁻]?)([⁰¹²³⁴-⁹]+)/g, (_all, sign: string, digits: string) => {
      return `^${sign === '⁻' ? '-' : ''}${[...digits].map((digit) => superscripts.indexOf(digit)).join('')}`;
    })
    .replaceAll('″', 'arcsec')
    .replaceAll('′', 'arcmin')
    .replace(/[º˚]/g, '°')
    .normalize('NFKC')
    .replace(/° ?([CFR])(?![A-Za-z0-9])/g, 'deg$1')
    .replace(/° ?K(?![A-Za-z0-9])/g, 'K')
    .replaceAll('°', 'deg')
    .replaceAll('Å', 'angstrom')
    .replaceAll('Ω', 'ohm')
    .replaceAll('μ', 'u')
    .replace(/[·⋅∙•×]/g, '*')
    .replace(/[÷∕⁄]/g, '/')
    .replace(/[−‐–]/g, '-');
}

const spaces = /[ \t]*/y;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const word = /[A-Za-z][A-Za-z0-9]*/y;
const power = /\^|\*\*/y;
const signedPower = /[+-]\d+/y;

/** One pass over a name, from left to right. */
class Reader {
  readonly factors: number[] = [];
  readonly powers = bases.map(() => 0);
  zero = 0;
  isRelaxed = false;
  private at = 0;
  /** The signs of the parentheses around. */
  private readonly signs: number[] = [];

  constructor(private readonly text: string) {}

  /** Whether all of it is a unit. */
  read(): boolean {
    this.take(spaces);
    const hasNumber = this.take(number) !== '';
    let sign = (hasNumber ? this.sign() : undefined) ?? 1;
    let count = 0;
    let isExpected = true;
    for (; ; count += 1) {
      this.take(spaces);
      for (; this.takeOne('('); sign = 1) this.signs.push(sign);
      if (this.at === this.text.length) break;
      const exponent = this.factor(sign * this.signs.reduce((product, one) => product * one, 1));
      if (exponent === undefined) return false;
      for (this.take(spaces); this.takeOne(')'); this.take(spaces))
        if (this.signs.pop() === undefined) return false;
      const next = this.sign();
      isExpected = next !== undefined;
      sign = next ?? 1;
      // Only a unit alone has a zero of its own: a degree more, in a product, is a kelvin more.
      if (count > 0 || exponent !== 1) this.zero = 0;
    }
    return count > 0 && !isExpected && this.signs.length === 0;
  }

  /** One word with its power; undefined where there is none. */
  private factor(sign: number): number | undefined {
    const written = this.take(word);
    const [found, digits] = this.known(written);
    if (found === undefined) return undefined;
    const exponent = digits ?? this.exponent();
    if (exponent === undefined) return undefined;
    const signed = sign * exponent;
    found.powers.forEach((one, index) => (this.powers[index]! += one * signed));
    this.factors.push(Math.pow(found.factor, signed));
    this.zero = found.zero;
    return signed;
  }

  private known(written: string): readonly [found: Word | undefined, power?: number] {
    const exact = words.get(written);
    if (exact !== undefined || written === '') return [exact];
    this.isRelaxed = true;
    const [, letters = '', digits] = /^([A-Za-z]+)(\d?)$/.exec(written) ?? [];
    const found = words.get(letters) ?? words.get(asListed(letters));
    return digits === undefined || digits === '' ? [found] : [found, Number(digits)];
  }

  /** The power after a word: 1 where none is written, undefined where a number should follow. */
  private exponent(): number | undefined {
    const bare = this.take(signedPower);
    if (bare !== '') {
      this.isRelaxed = true;
      return Number(bare);
    }
    this.take(spaces);
    const operator = this.take(power);
    if (operator === '') return 1;
    if (operator === '**') this.isRelaxed = true;
    this.take(spaces);
    const written = this.take(number);
    return written === '' ? undefined : Number(written);
  }

  /** Whether the next factor multiplies or divides; undefined where nothing says so. */
  private sign(): number | undefined {
    this.take(spaces);
    if (this.takeOne('*')) return 1;
    return this.takeOne('/') ? -1 : undefined;
  }

  private takeOne(character: string): boolean {
    this.take(spaces);
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

/** Names people write with a capital letter, in British spelling, or for short: `Ohm`, `micrometres`, `microns`. */
function asListed(letters: string): string {
  const small = /^[A-Z][a-z]{2,}$/.test(letters) ? letters.toLowerCase() : letters;
  return small.replace(/^micron(s?)$/, 'micrometer$1').replace(/(met|lit)re(s?)$/, '$1er$2');
}

/** Base units and their powers as mathjs writes them; null where there are none. */
function nameOf(powers: readonly number[]): string | null {
  const present = powers
    .map((one, index) => ({ base: bases[index]!, one }))
    .filter(({ one }) => Math.abs(one) > 1e-12);
  const above = present.filter(({ one }) => one > 0);
  const below = present.filter(({ one }) => one < 0);
  if (present.length === 0) return null;
  const listed = (list: typeof present, sign: number): string =>
    list
      .map(({ base, one }) => (Math.abs(one * sign - 1) > 1e-15 ? `${base}^${one * sign}` : base))
      .join(' ');
  if (above.length === 0) return listed(below, 1);
  if (below.length === 0) return listed(above, 1);
  return [listed(above, 1), listed(below, -1)]
    .map((part, index) => ([above, below][index]!.length > 1 ? `(${part})` : part))
    .join(' / ');
}
