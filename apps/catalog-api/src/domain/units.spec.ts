import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromSi, rememberedUnits, toSi, UnitBudget, withSiValues } from './units.js';

type Quantities = Record<string, { value: number; unit: string; valueSI: number; unitSI: string }>;

function metadata(count: number, unitOf: (n: number) => string): Quantities {
  const entries = Array.from({ length: count }, (_, n) => [`q${n}`, { value: n, unit: unitOf(n) }]);
  return Object.fromEntries(entries) as Quantities;
}

describe('Units', () => {
  it('are converted as before, however they are written', () => {
    for (const [name, value, unit] of [
      ['mm', 0.0124, 'm'],
      ['\u00c5', 1.24e-9, 'm'],
      ['kg m^2 / s^2', 12.4, '(kg m^2) / s^2'],
      ['1/s', 12.4, 's^-1'],
      ['2 m^-1', 12.4, 'm^-1'],
      ['degC', 285.54999999999995, 'K'],
    ] as const) {
      const si = toSi(12.4, name, new UnitBudget());
      assert.equal(si.unit, unit, name);
      assert.ok(Math.abs(si.value / value - 1) < 1e-12, `${name}: found ${si.value}`);
    }
    assert.equal(fromSi({ value: 273.15, unit: 'K' }, 'degC', new UnitBudget()), 0);
    assert.equal(fromSi({ value: 1, unit: 'm' }, 's', new UnitBudget()), undefined);
  });

  it('of a range belong to each of its numbers', () => {
    const stored = withSiValues({
      range: { value: [1, 2], unit: 'cm' },
      short: { v: [1], u: 'km' },
      words: { value: ['a', 2], unit: 'cm' },
      text: { value: 'x', unit: 'cm' },
      none: { value: [], unit: 'cm' },
    });
    assert.deepEqual(stored['range'], { value: [1, 2], unit: 'cm', valueSI: [0.01, 0.02], unitSI: 'm' });
    assert.deepEqual(stored['short'], { v: [1], u: 'km', valueSI: [1000], unitSI: 'm' });
    for (const name of ['words', 'text', 'none']) assert.ok(!('valueSI' in (stored[name] as object)), name);
  });

  it('that nobody knows are told by their names, without asking the library', () => {
    const budget = new UnitBudget();
    const odd = ['furlongs per fortnight', 'constructor', '\u6beb\u7c73', '', '12', 'm'.repeat(65), 'qqq/s'];
    for (const unit of odd) assert.deepEqual(toSi(1, unit, budget), { value: 1, unit });
    assert.equal(budget.spent, 0);
  });

  it('cost a document with ten thousand odd ones no more than a small one', () => {
    const budget = new UnitBudget();
    const stored = withSiValues(
      metadata(10_000, (n) => `odd${n}`),
      budget,
    ) as Quantities;
    assert.equal(budget.spent, 0);
    assert.deepEqual(stored['q7'], { value: 7, unit: 'odd7', valueSI: 7, unitSI: 'odd7' });
  });

  it('that are new are read a thousand times in one request, and values beyond are computed here', () => {
    const budget = new UnitBudget();
    const stored = withSiValues(
      metadata(10_000, (n) => `mm^${n + 2}`),
      budget,
    ) as Quantities;
    assert.ok(budget.spent <= 2000, `expected at most 2000 calls, found ${budget.spent}`);
    assert.equal(stored['q0']?.unitSI, 'm^2');
    const many = withSiValues(metadata(10_000, () => 'degC')) as Quantities;
    assert.equal(many['q9999']?.unitSI, 'K');
    assert.ok(Math.abs(many['q9999'].valueSI - 10_272.15) < 1e-9);
  });

  it('are remembered in two sets that have an end, and the unknown push out none that is known', () => {
    toSi(1, 'mm', new UnitBudget());
    for (let n = 0; n < 20; n += 1) withSiValues(metadata(1000, (i) => `m)${n * 1000 + i}`));
    for (let n = 0; n < 20; n += 1) withSiValues(metadata(1000, (i) => `km^${n * 1000 + i + 2}`));
    const { known, unknown } = rememberedUnits();
    assert.equal(known, 5000);
    assert.ok(unknown > 0 && unknown <= 5000, `found ${unknown}`);
  });
});
