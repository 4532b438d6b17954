import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { laneName, laneNeeds, mendingLane, movingLane, placesOf } from './lanes.js';

describe('The name of a lane', () => {
  it('says which targets work needs, all of them to write and one of them to read', () => {
    const route = { route: 'double', targets: ['tape-a', 'tape-b'] };
    assert.deepEqual(laneNeeds(laneName('write', route)), { direction: 'write', ...route, needs: 'all' });
    assert.deepEqual(laneNeeds(laneName('read', route)), { direction: 'read', ...route, needs: 'any' });
  });

  it('says of a verification that it reads every copy', () => {
    const route = { route: 'double', targets: ['tape-a', 'tape-b'] };
    const name = laneName('read', route, 'all');
    assert.deepEqual(laneNeeds(name), { direction: 'read', ...route, needs: 'all' });
    assert.notEqual(name, laneName('read', route));
  });

  it('is that of before where no targets are named', () => {
    assert.equal(laneName('write', { route: 'default', targets: [] }), 'lts-write');
    const only = { route: 'default', targets: ['lts'], needs: 'all' };
    assert.deepEqual(laneNeeds('lts-read'), { direction: 'read', ...only });
  });

  it('is refused when it was made elsewhere', () => {
    for (const name of [
      '',
      'lts',
      'write:',
      'write:a@',
      'Write:a@b',
      'erase:a@b',
      'move:a@b',
      'move:a@b+c>d',
      'move:a@>d',
    ])
      assert.throws(() => laneNeeds(name), /Expected the name of a lane/);
  });

  it('of a repair needs all of the targets that another lane reads', () => {
    assert.equal(mendingLane('read:r@a|b'), 'mend:r@a+b');
    assert.equal(mendingLane('read:r@a+b'), 'mend:r@a+b');
    assert.equal(mendingLane('read:r@a'), 'mend:r@a');
    assert.equal(mendingLane('lts-read'), 'mend:default@lts');
    const all = { direction: 'write', needs: 'all' };
    assert.deepEqual(laneNeeds('mend:r@a+b'), { ...all, route: 'r', targets: ['a', 'b'] });
    assert.deepEqual(laneNeeds('mend:default@lts'), laneNeeds('lts-write'));
  });

  it('of a move says where it writes, and where it reads', () => {
    const name = movingLane('read:r@a|b', 'b', 'c');
    const needs = laneNeeds(name);
    assert.deepEqual(needs, { direction: 'write', route: 'r', targets: ['c'], needs: 'all', from: 'b' });
    assert.deepEqual(placesOf(needs), [
      { target: 'c', direction: 'write' },
      { target: 'b', direction: 'read' },
    ]);
  });

  it('of work that 0.6 does not know is none that 0.6 understands', () => {
    const of06 = /^(write|read):([a-z0-9-]+)@([a-z0-9+|-]+)$|^lts-(write|read)$/;
    for (const reading of ['read:r@a|b', 'lts-read'])
      for (const name of [mendingLane(reading), movingLane(reading, 'a', 'b')])
        assert.doesNotMatch(name, of06);
  });
});
