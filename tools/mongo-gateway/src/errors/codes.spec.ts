import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeName, codeOfSqlState, unpackSqlState } from './codes.js';

describe('error codes', () => {
  it('translates the states of the engine and of PostgreSQL', () => {
    const expected = {
      M0001: 2,
      M0004: 14,
      M0008: 26,
      M000E: 43,
      M000F: 48,
      M000M: 66,
      M000N: 67,
      M000R: 85,
      M000U: 115,
      M0016: 263,
      M001B: 10334,
      M001C: 11000,
      M00CO: 121,
      M00F1: 112,
      M00F6: 251,
      '40001': 112,
      '23505': 11000,
      ZZZZZ: 8,
    };
    for (const [state, code] of Object.entries(expected)) assert.equal(codeOfSqlState(state), code, state);
  });

  it('unpacks the integer in which write errors carry their state', () => {
    assert.equal(unpackSqlState(319029277), 'M001C');
    assert.equal(unpackSqlState(486539293), 'M000M');
  });

  it('names what it knows and numbers the rest', () => {
    assert.equal(codeName(11000), 'DuplicateKey');
    assert.equal(codeName(51024), 'Location51024');
  });
});
