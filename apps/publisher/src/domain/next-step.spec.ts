import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Publication } from '../persistence/records.js';
import { nextStep, type Step } from './next-step.js';

type Known = Parameters<typeof nextStep>[0];

const fresh: Known = {
  version: 3,
  wanted: 'published',
  stale: true,
  revision: 0,
  doi: { state: 'none' },
  reported: 0,
};

/** What each step leaves behind when it goes well. */
function after(step: Step, known: Known): Known {
  switch (step) {
    case 'read':
    case 'bury':
      return {
        ...known,
        stale: false,
        revision: known.revision + 1,
        attributesDigest: `of ${known.revision + 1}`,
      };
    case 'read-files':
      return { ...known, stale: false };
    case 'reserve':
      return { ...known, doi: { state: 'draft', attributesDigest: known.attributesDigest! } };
    case 'register': {
      const state = known.doi.state === 'findable' ? 'findable' : 'registered';
      return { ...known, doi: { state, attributesDigest: known.attributesDigest! } };
    }
    case 'push':
      return { ...known, pushed: { revision: known.revision, digest: '', at: new Date(0) } };
    case 'publish':
      return { ...known, doi: { ...known.doi, state: 'findable' } };
    case 'hide':
      return { ...known, doi: { ...known.doi, state: 'registered', uncertain: false } };
    case 'confirm':
    case 'confirm-withdrawal':
      return { ...known, reported: known.version };
  }
}

function walk(known: Known, hasAccount = true): { steps: Step[]; end: Known } {
  const steps: Step[] = [];
  let current = known;
  for (let step = nextStep(current, hasAccount); step !== undefined; step = nextStep(current, hasAccount)) {
    steps.push(step);
    assert.ok(steps.length < 20, `it never ends: ${steps.join(', ')}`);
    current = after(step, current);
  }
  return { steps, end: current };
}

const again = (end: Known, wanted: Publication['wanted']): Known => ({
  ...end,
  wanted,
  stale: wanted !== 'unchanged',
  version: end.version + 1,
});

/** As a comparison finds that the public store does not have it. */
const lost = (known: Known): Known => ({ ...known, pushed: { ...known.pushed!, lost: true } });

describe('The next step of a publication', () => {
  it('shows the page before the DOI is findable, and tells the catalogue last', () =>
    assert.deepEqual(walk(fresh).steps, ['read', 'register', 'push', 'publish', 'confirm']));

  it('keeps a draft at DataCite and shows nothing', () => {
    const { steps, end } = walk({ ...fresh, wanted: 'draft' });
    assert.deepEqual(steps, ['read', 'reserve']);
    assert.deepEqual(walk(again(end, 'published')).steps, ['read', 'register', 'push', 'publish', 'confirm']);
  });

  it('has DataCite check an amendment before the public sees it, with one change there', () => {
    const { end } = walk(fresh);
    assert.deepEqual(walk(again(end, 'unchanged')).steps, []);
    assert.deepEqual(walk(again(end, 'published')).steps, ['read', 'register', 'push', 'confirm']);
  });

  it('shows the tombstone before it hides the DOI, and finds its way back', () => {
    const { end } = walk(fresh);
    const { steps, end: buried } = walk(again(end, 'withdrawn'));
    assert.deepEqual(steps, ['bury', 'push', 'hide', 'confirm-withdrawal']);
    assert.deepEqual(walk(again(buried, 'published')).steps, [
      'read',
      'register',
      'push',
      'publish',
      'confirm',
    ]);
  });

  it('reads first what was withdrawn before it was ever seen here', () =>
    assert.deepEqual(walk({ ...fresh, wanted: 'withdrawn' }).steps, ['read', 'push', 'confirm-withdrawal']));

  it('leaves DataCite out without an account', () => {
    const { steps, end } = walk(fresh, false);
    assert.deepEqual(steps, ['read', 'push', 'confirm']);
    assert.deepEqual(walk({ ...fresh, wanted: 'draft' }, false).steps, ['read']);
    assert.deepEqual(walk(again(end, 'withdrawn'), false).steps, ['bury', 'push', 'confirm-withdrawal']);
    // With an account later, what is known already is registered without being read again.
    assert.deepEqual(walk({ ...end, reported: 0 }, true).steps, ['register', 'publish', 'confirm']);
  });

  it('sends again what has no known end, and what another one changed', () => {
    const { end } = walk(fresh);
    assert.equal(nextStep({ ...end, doi: { ...end.doi, uncertain: true } }, true), 'register');
    assert.equal(nextStep({ ...end, doi: { state: 'findable' } }, true), 'register');
    assert.deepEqual(walk(lost(end)).steps, ['push']);
    assert.deepEqual(walk(lost(walk(again(end, 'withdrawn')).end)).steps, ['push']);
  });

  it('restores what the public saw last while its author amends it, and nothing newer', () => {
    const { end } = walk(fresh);
    const amended = again(end, 'unchanged');
    assert.deepEqual(walk(lost(amended)).steps, ['push']);
    assert.deepEqual(walk({ ...lost(amended), stale: true }).steps, ['read-files', 'push']);
    // Frozen for a registration that was taken back: the public never saw it.
    assert.deepEqual(walk({ ...lost(amended), revision: amended.revision + 1 }).steps, []);
    assert.deepEqual(walk(again(walk({ ...fresh, wanted: 'draft' }).end, 'unchanged')).steps, []);
  });

  it('hides what a lost answer may have made findable', () => {
    const { end } = walk(fresh);
    const unsure: Known = { ...end, doi: { ...end.doi, state: 'registered', uncertain: true } };
    assert.deepEqual(walk(again(unsure, 'withdrawn')).steps, ['bury', 'push', 'hide', 'confirm-withdrawal']);
  });

  it('does nothing while somebody has to change something', () =>
    assert.equal(
      nextStep({ ...fresh, blocked: { code: 'x', message: '', at: new Date(0), problems: [] } }, true),
      undefined,
    ));
});
