import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PublicationRow } from '../calls/running-shapes.js';
import { placesOf, stepNames, stepsOf } from './standing.js';

const good: PublicationRow = {
  ...{ doi: '10.1/a', wanted: 'published', step: 'none', version: 3, reported: 3, revision: 2, stale: false },
  ...{
    attributesDigest: 'a',
    registry: { state: 'findable', attributesDigest: 'a' },
    pushed: { revision: 2 },
  },
};
const states = (publication: PublicationRow): string =>
  stepsOf(publication)
    .map(({ name, state }) => `${name} ${state}`)
    .join(', ');
const agrees = (more: Partial<PublicationRow>): string =>
  placesOf({ ...good, ...more })
    .map((place) => place.agrees)
    .join(' ');
const fault = { code: 'c', message: 'm' };

describe('The steps of a publication', () => {
  it('are all done where it is at rest', () => {
    assert.match(states(good), /^(\w+ done(, )?){5}$/);
  });

  it('are done up to what the publisher does next', () => {
    assert.equal(
      states({ ...good, step: 'push', pushed: { revision: 1 } }),
      'read done, register done, push next, publish later, confirm later',
    );
    assert.equal(states({ ...good, wanted: 'withdrawn', step: 'bury' }).split(', ')[1], 'bury next');
    assert.equal(states({ ...good, wanted: 'unchanged', step: 'read-files' }), 'read-files next, push later');
    assert.equal(states({ ...good, wanted: 'draft', step: 'reserve' }), 'read done, reserve next');
  });

  it('are not done where nothing confirms them: without an account of DataCite, or in an answer that says nothing', () => {
    const registry = { state: 'none' };
    assert.equal(
      states({ ...good, registry }),
      'read done, register not-done, push done, publish not-done, confirm done',
    );
    assert.equal(
      states({ ...good, registry, step: 'confirm', reported: 2 }),
      'read done, register not-done, push done, publish not-done, confirm next',
    );
    assert.equal(
      states({ ...good, step: undefined, reported: 2 }),
      'read done, register done, push done, publish done, confirm not-done',
    );
    for (const wanted of ['draft', 'published', 'unchanged', 'withdrawn'])
      assert.doesNotMatch(states({ doi: 'x', wanted }), / done/);
    assert.equal(states({ ...good, wanted: 'draft', registry }), 'read done, reserve not-done');
    assert.match(states({ ...good, wanted: 'withdrawn', registry }), /bury done, push done, hide not-done/);
    assert.match(states({ ...good, wanted: 'withdrawn', registry: { state: 'registered' } }), /hide done/);
  });

  it('have the one in the way where it is blocked', () => {
    const draft = { state: 'draft', attributesDigest: 'b' };
    assert.equal(
      states({ ...good, blocked: fault, registry: draft }),
      'read done, register blocked, push later, publish later, confirm later',
    );
    assert.equal(states({ ...good, blocked: fault, revision: 0 }).split(',')[0], 'read blocked');
  });

  it('are none of what this version does not know', () => {
    for (const wanted of [undefined, 'other', 'constructor'])
      assert.deepEqual(stepsOf({ doi: 'x', ...(wanted === undefined ? {} : { wanted }) }), []);
    assert.equal(new Set(stepNames).size, stepNames.length);
  });
});

describe('What the places have of a publication', () => {
  it('agrees where it is what is wanted', () => {
    assert.equal(agrees({}), 'yes yes yes');
    assert.equal(
      agrees({ wanted: 'draft', pushed: undefined, registry: { state: 'draft', attributesDigest: 'a' } }),
      'yes yes yes',
    );
  });

  it('differs, or is not there yet', () => {
    assert.equal(agrees({ reported: 2 }), 'open yes yes');
    assert.equal(agrees({ registry: { state: 'findable', attributesDigest: 'b' } }), 'yes no yes');
    assert.equal(agrees({ registry: { state: 'registered', attributesDigest: 'a' } }), 'yes open yes');
    assert.equal(agrees({ registry: { state: 'none' } }), 'yes open yes');
    assert.equal(agrees({ registry: undefined }), 'yes unknown yes');
    assert.equal(agrees({ registry: { state: 'findable', uncertain: true } }), 'yes unknown yes');
    assert.equal(agrees({ pushed: { revision: 1 } }), 'yes yes no');
    assert.equal(agrees({ pushed: { revision: 2, lost: true } }), 'yes yes no');
    assert.equal(agrees({ pushed: undefined }), 'yes yes open');
    assert.equal(agrees({ wanted: 'withdrawn' }), 'yes no yes');
  });
});
