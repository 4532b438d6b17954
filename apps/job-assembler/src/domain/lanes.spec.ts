import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { laneName, laneNeeds, writingLane } from './lanes.js';

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
    for (const name of ['', 'lts', 'write:', 'write:a@', 'Write:a@b', 'erase:a@b'])
      assert.throws(() => laneNeeds(name), /Expected the name of a lane/);
  });

  it('of work that writes wherever another reads needs all of its targets', () => {
    assert.equal(writingLane('read:r@a|b'), 'write:r@a+b');
    assert.equal(writingLane('read:r@a+b'), 'write:r@a+b');
    assert.equal(writingLane('read:r@a'), 'write:r@a');
    assert.equal(writingLane('lts-read'), 'lts-write');
  });
});
