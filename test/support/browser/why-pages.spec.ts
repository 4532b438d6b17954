import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitOrder } from '#console-api';
import { filesBelow, textOf } from '../repository.js';

/** Flows whose waits are read on pages, too. */
const flows = filesBelow('test/flows', '.spec.ts')
  .map(textOf)
  .filter((text) => text.includes('WhyPages.of('));

describe('What a job waits for', () => {
  for (const code of waitOrder)
    it(`is read from its page in a flow where ${code} really happens`, () => {
      assert.ok(
        flows.some((text) => text.includes(`'${code}'`)),
        `expected a flow with WhyPages that waits for ${code}, found none in ${flows.length}`,
      );
    });
});
