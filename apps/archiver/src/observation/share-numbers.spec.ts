import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TargetNames } from '../domain/target-names.js';
import { ShareNumbers } from '../persistence/operators/share-numbers.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';

const at = new Date('2026-01-01T00:00:00Z');

describe('Numbers of a share that had another name', () => {
  it('count what was recorded under that name, too', async () => {
    const store = memoryArchiverStore();
    const names = new TargetNames([{ name: 'disk', formerNames: ['old-disk'] }], ['disk']);
    const numbers = new ShareNumbers(store, names);
    const copy = (share: string, found: string) => ({ share, verifiedAt: at, damaged: { at, found } });
    await store.datablocks.insertOne({
      ...{ _id: 'a', state: 'verified' },
      copies: [copy('old-disk', 'the file is missing'), copy('disk', 'another checksum')],
    } as never);
    await store.works.insertOne({
      ...{ _id: 'j/0/0', state: 'open', dueAt: at },
      place: { target: 'old-disk', medium: 'm' },
    } as never);
    assert.deepEqual([...(await numbers.badCopies())], [['disk', { damaged: 1, missing: 1 }]]);
    assert.equal(await numbers.recallsWaiting(['disk'], at), 1);
  });

  it('count the drives of these shares whose turns are not over', async () => {
    const store = memoryArchiverStore();
    const later = new Date(at.getTime() + 1);
    const reader = (medium: string, until: Date) => ({ medium, holder: medium, until });
    await store.readerTurns.insertMany([
      { _id: 'tape', readers: [reader('a', later), reader('b', at)] },
      { _id: 'other', readers: [reader('c', later)] },
    ] as never);
    assert.equal(await new ShareNumbers(store, new TargetNames()).drivesBusy(['tape'], at), 1);
  });
});
