import assert from 'node:assert/strict';
import { it } from 'node:test';
import { escapeFilter } from './ldap-directory.js';

it('A search filter takes what was typed as text only', () => {
  assert.equal(escapeFilter('anna'), 'anna');
  assert.equal(escapeFilter('a*)(uid=\\\0'), 'a\\2a\\29\\28uid=\\5c\\00');
  assert.equal(escapeFilter('ü'), '\\c3\\bc');
});
