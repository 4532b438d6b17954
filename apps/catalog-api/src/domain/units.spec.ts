import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Unit as Library } from 'mathjs';
import { fromSi, pairIn, toSi, withSiValues } from './units.js';

interface LibraryUnit {
  readonly dimensions: readonly number[];
  toSI(): { toJSON(): { value: number; unit: string | null } };
}
const library = Library as unknown as {
  readonly UNITS: Readonly<Record<string, { readonly prefixes: object }>>;
  new (value: number, unit: string): LibraryUnit;
};

function inLibrary(value: number, unit: string): { value: number; unit: string | null } {
  const { value: valueSI, unit: unitSI } = new library(value, unit).toSI().toJSON();
  return { value: valueSI, unit: unitSI };
}

function assertSame(unit: string, value: number): void {
  const [found, expected] = [toSi(value, unit), inLibrary(value, unit)];
  assert.equal(found.unit, expected.unit, unit);
  const distance = Math.abs(found.value - expected.value);
  assert.ok(distance <= 1e-14 * Math.abs(expected.value), `${unit}: ${found.value}, not ${expected.value}`);
}

describe('Units', () => {
  it('are those of mathjs, each name with each prefix', () => {
    for (const [name, { prefixes }] of Object.entries(library.UNITS))
      for (const prefix of Object.keys(prefixes))
        for (const value of [0, 1, -12.4])
          // The library counts it in imaginary watts.
          if (name === 'VAR') assert.deepEqual(toSi(value, prefix + name), { value, unit: prefix + name });
          else assertSame(prefix + name, value);
  });

  it('are put together as mathjs reads them', () => {
    for (const unit of [
      ...[
        'kg m^2 / s^2',
        '1/s',
        '2 m^-1',
        'm/s/s',
        'kg/(m s^2)',
        '2m^2kg/s^2',
        'W/(m^2 (K s))',
        'm ^ 2',
        'm^.5',
      ],
      ...[
        '1e3*mm',
        '(m)',
        '((m s)^2',
        'm)',
        'm/',
        'm^',
        '*m',
        'm**',
        '()',
        '3',
        '',
        'm/m',
        'degC/s',
        'degC degC',
      ],
      ...[
        'degC^2',
        'm^1.5 s^-2.5',
        '+2 m',
        '4erg',
        '4e',
        'm^+2',
        'm^2e1',
        'm * / s',
        'kg*m*s^-2/A',
        '1 / (s)',
        '( m / s ) / kg',
      ],
    ]) {
      let expected;
      try {
        expected = inLibrary(12.4, unit);
      } catch {
        assert.deepEqual(toSi(12.4, unit), { value: 12.4, unit });
      }
      if (expected !== undefined) assertSame(unit, 12.4);
    }
    assert.equal(fromSi('K', 'degC')?.(273.15), 0);
    assert.equal(fromSi('m', 's'), undefined);
  });

  it('are understood as people write them', () => {
    const written: Record<string, readonly string[]> = {
      um: ['µm', 'μm', 'micron', 'Microns', 'micrometre'],
      us: ['µs', 'μs'],
      degC: ['°C', '℃', '° C', 'ºC', 'Celsius'],
      degF: ['°F', '℉'],
      deg: ['°', 'º'],
      kohm: ['kΩ', 'k\u2126'],
      ohm: ['Ω', 'Ohm'],
      angstrom: ['Å', '\u212b', 'A\u030a', 'Angstrom'],
      'mm^2': ['mm²', 'mm**2', 'mm2'],
      'm^3': ['m³', 'm3'],
      'cm^-1': ['cm⁻¹', 'cm-1', '1/cm', 'cm^−1'],
      'N m': ['N·m', 'N×m', 'N⋅m', 'N*m', 'N\u00a0m'],
      'm s^-2': ['m·s⁻²', 'm/s²', 'm s-2', 'm∕s2'],
      'deg/s': ['°/s'],
      '1/angstrom': ['Å⁻¹', '1/Å'],
      K: ['°K', 'Kelvin'],
    };
    for (const [plain, spellings] of Object.entries(written))
      for (const spelling of spellings) {
        const [found, expected] = [toSi(12.4, spelling), inLibrary(12.4, plain)];
        assert.equal(found.unit, expected.unit, spelling);
        assert.ok(Math.abs(found.value / expected.value - 1) < 1e-14, `${spelling}: ${found.value}`);
      }
  });

  it('belong to numbers, numbers as text, and each number of a range', () => {
    const stored = withSiValues({
      range: { value: [1, 2], unit: 'cm' },
      short: { v: [1], u: 'km' },
      text: { value: '123', unit: 'mm' },
      deep: { er: { value: ' 1e3 ', units: 'mm' } },
      odd: { val: 2, uom: 'km' },
      pixels: { value: '5', unit: 'px' },
    });
    assert.deepEqual(stored['range'], { value: [1, 2], unit: 'cm', valueSI: [0.01, 0.02], unitSI: 'm' });
    assert.deepEqual(stored['short'], { v: [1], u: 'km', valueSI: [1000], unitSI: 'm' });
    assert.deepEqual(stored['text'], { value: '123', unit: 'mm', valueSI: 0.123, unitSI: 'm' });
    assert.deepEqual(stored['deep'], { er: { value: ' 1e3 ', units: 'mm', valueSI: 1, unitSI: 'm' } });
    assert.deepEqual(stored['odd'], { val: 2, uom: 'km', valueSI: 2000, unitSI: 'm' });
    assert.deepEqual(stored['pixels'], { value: '5', unit: 'px', valueSI: 5, unitSI: 'px' });
  });

  it('are not found where there are none', () => {
    for (const entry of [
      ...[
        { value: ['a', 2], unit: 'cm' },
        { value: 'x', unit: 'cm' },
        { value: [], unit: 'cm' },
      ],
      ...[{ value: '', unit: 'cm' }, { value: 1, unit: '' }, { velocity: 5, user: 'smith' }, { value: 1 }],
      ...[
        { value: 'x', version: 2, unit: 'cm' },
        { valueSI: 1, unitSI: 'm' },
        { value: '0x10', unit: 'cm' },
      ],
    ]) {
      assert.equal(pairIn(entry), undefined, JSON.stringify(entry));
      assert.deepEqual(withSiValues({ entry }), { entry });
    }
  });

  it('that nobody knows stay as they are', () => {
    for (const unit of [
      ...[
        'furlongs per fortnight',
        'constructor',
        '毫米',
        '',
        '12',
        'm'.repeat(65),
        'qqq/s',
        'px',
        'units',
        '%',
      ],
      ...[
        '__proto__',
        'm^1e999',
        'mm^100000',
        'm'.repeat(30) + '^'.repeat(30),
        '('.repeat(64),
        'm(',
        'm^^2',
        '²',
        '°x',
      ],
    ])
      assert.deepEqual(toSi(1, unit), { value: 1, unit });
  });
});
