import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { productSources } from '../support/sources.js';

describe('What is nested in a body', () => {
  it('is an object wherever one is validated: a list in its place passes class-validator, whatever is in it', () => {
    const bodies = productSources().filter(({ path }) => path.endsWith('.dto.ts'));
    const open = bodies.flatMap(({ path, tree }) =>
      tree.text
        .split('@ValidateNested(')
        .slice(0, -1)
        .map((before, index) => ({ path, index, last: before.trimEnd().split('\n').at(-1) ?? '' }))
        .filter(({ last }) => !/@IsObject\((\{ each: true \})?\)$/.test(last.trim()))
        .map((found) => `${found.path}: ValidateNested ${found.index + 1}`),
    );
    assert.deepEqual(open, [], 'write @IsObject({ each: true }), or @IsObject(), before @ValidateNested');
    assert.ok(bodies.length > 10);
  });
});
