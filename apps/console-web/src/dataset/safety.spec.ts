import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryHistory } from '@tanstack/react-router';
import { appRouter } from '../routes.js';
import { safetyOf } from './safety.js';

const copy = (archiveId: string, state = 'verified', verifiedAt = '2026-11-29T11:00:00Z') => ({
  ...{ app: 'archiver', archiveId, state, verifiedAt },
});
const record = { numberOfFiles: 12, numberOfFilesArchived: 12 };
const files = { kind: 'all' };
const whole = { hasMore: false, isAll: true, record };

describe('Whether a dataset is safe', () => {
  it('is said of all its copies, with the oldest proof', () => {
    const copies = [copy('a'), copy('b', 'verified', '2026-01-01T00:00:00Z')];
    assert.deepEqual(safetyOf(copies, whole), {
      ...{ kind: 'good', copies: 2, oldest: '2026-01-01T00:00:00Z', isWhole: true, fewest: 1, files },
    });
  });

  it('is not said where copies were not looked at, or an archiver is silent', () => {
    for (const known of [
      { hasMore: true, isAll: true, record },
      { hasMore: false, isAll: false, record },
    ]) {
      const safety = safetyOf([copy('a')], known);
      assert.ok(safety.kind === 'good' && !safety.isWhole);
    }
    assert.deepEqual(safetyOf([], { hasMore: false, isAll: false, record }), { kind: 'unknown' });
    assert.deepEqual(safetyOf([], whole), { kind: 'none' });
  });

  it('counts what is bad, what is being repaired, and datablocks without a good copy', () => {
    const copies = [copy('a'), copy('a', 'damaged'), copy('b', 'missing'), copy('c'), copy('c', 'repairing')];
    assert.deepEqual(safetyOf(copies, whole), {
      ...{ kind: 'bad', bad: 2, repairing: 1, lost: 1, isWhole: true, fewest: 0, files },
    });
    const part = safetyOf(copies, { hasMore: false, isAll: false, record });
    assert.ok(part.kind === 'bad' && part.lost === undefined && part.fewest === undefined && !part.isWhole);
  });

  it('is said of all its files only where the catalogue counts all of them as archived', () => {
    const filesOf = (counted: Parameters<typeof safetyOf>[1]['record']) => {
      const safety = safetyOf([copy('a')], { ...whole, record: counted });
      return safety.kind === 'good' ? safety.files : undefined;
    };
    assert.deepEqual(filesOf({ numberOfFiles: 12, numberOfFilesArchived: 10 }), {
      ...{ kind: 'some', archived: 10, all: 12 },
    });
    assert.deepEqual(filesOf(record), files);
    for (const nothing of [undefined, {}, { numberOfFiles: 0, numberOfFilesArchived: 0 }])
      assert.deepEqual(filesOf(nothing), { kind: 'unknown' });
  });

  it('says how many good copies the datablock has that has fewest', () => {
    const copies = [copy('a'), copy('a'), copy('a'), copy('b'), copy('b'), copy('b', 'damaged')];
    const safety = safetyOf(copies, whole);
    assert.ok(safety.kind === 'bad' && safety.fewest === 2);
  });

  it('takes a state that it does not know for none that is good', () => {
    assert.equal(safetyOf([copy('a', 'odd')], whole).kind, 'bad');
  });
});

describe('The address of a dataset', () => {
  const pids = [
    '20.500.11935/1a',
    'a/b//c',
    '100%25?x=1&y#z',
    'ä ö/€',
    '../..',
    'a\\b',
    '%2F',
    '+ +',
    ':;@=,',
  ];

  for (const pid of pids)
    it(`leads to ${pid} and to no other`, async () => {
      const router = appRouter(createMemoryHistory({ initialEntries: ['/console'] }));
      const { href } = router.buildLocation({ to: '/datasets/$pid', params: { pid } });
      assert.equal(href.split('/').length, 4, href);
      const there = appRouter(createMemoryHistory({ initialEntries: [href] }));
      await there.load();
      const found = there.state.matches.at(-1)?.params as { readonly pid?: string };
      assert.equal(found.pid, pid);
      await router.load();
    });
});
