import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { textOf } from '../../../test/support/repository.js';
import { told } from '../checker/trace.js';
import { models, planted } from './models.js';

const page = textOf('docs/model/README.md');
/** The cells of all tables of the page, by line. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

function rowOf(...first: readonly string[]): string[] {
  const found = rows.find((cells) => first.every((cell, index) => cells[index + 1] === cell));
  return (found ?? []).slice(first.length + 1, -1);
}

describe('The protocol', () => {
  for (const [name, model] of Object.entries(models))
    it(`holds in all states of the model "${name}", as docs/model/README.md counts them`, () => {
      const { states, steps, depth, unused, violation } = model.explore();
      assert.equal(violation && told(violation), undefined);
      assert.deepEqual(unused, [], 'an action that is never taken says nothing');
      assert.deepEqual(rowOf(name), [states, steps, depth].map(String));
    });
});

describe('A fault that is planted into a model', () => {
  for (const { model, fault, breaks, checked } of planted)
    it(`"${fault}", is found in "${model}", by a way as long as docs/model/README.md says`, () => {
      const { violation } = checked.explore();
      assert.equal(violation?.name, breaks, violation && told(violation));
      assert.deepEqual(rowOf(model.split(':')[0]!, fault), [breaks, String(violation.trace.length)]);
    });

  it('stands beside each claim of each model: a claim that nothing breaks says nothing', () => {
    const family = (model: string): string => model.split(':')[0]!;
    const unproven = Object.entries(models).flatMap(([name, { claims }]) =>
      claims
        .filter((claim) => !planted.some((one) => family(one.model) === family(name) && one.breaks === claim))
        .map((claim) => `${family(name)}: ${claim}`),
    );
    assert.deepEqual([...new Set(unproven)], []);
  });
});
