import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formerPidName } from '#kernel';
import { sharingFormerName } from './former-names.js';

describe('Pids that share a former name', () => {
  it('are all those that differ in slashes and underscores only', () => {
    assert.deepEqual(sharingFormerName('20.500/a_b')?.sort(), ['20.500/a/b', '20.500_a/b', '20.500_a_b']);
    assert.deepEqual(sharingFormerName('plain'), []);
    for (const other of sharingFormerName('a/b_c/d') ?? [])
      assert.equal(formerPidName(other), formerPidName('a/b_c/d'));
  });

  it('are too many to ask for when there are many places', () => {
    assert.equal(sharingFormerName('a_b_c_d_e_f_g_h')?.length, 127);
    assert.equal(sharingFormerName('a_b_c_d_e_f_g_h_i_j'), undefined);
  });
});
