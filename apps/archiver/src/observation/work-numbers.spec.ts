import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WorkNumbers } from '../persistence/operators/work-numbers.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';

const now = new Date('2026-01-01T00:00:00Z');
const [before, after] = [new Date(now.getTime() - 1000), new Date(now.getTime() + 1000)];

describe('Numbers of open work', () => {
  it('tell what waits by what it waits for, due again or not, from what waits for a worker or its time only', async () => {
    const store = memoryArchiverStore();
    const works: [kind: string, epoch: number, dueAt: Date, more?: object][] = [
      ['archive', 1, after],
      ['archive', 0, before],
      ['archive', 1, before],
      ['archive', 2, after, { waitCode: 'quota.full', pause: 1000 }],
      ['archive', 2, before, { waitCode: 'quota.full', pause: 1000 }],
      ['archive', 2, before, { waitCode: 'work.retrying', pause: 1000 }],
      ['archive', 2, after, { waitCode: 'of.a-newer-version' }],
      ['archive', 2, after, { lastFault: 'of a record from before' }],
      ['release', 0, after, { waitCode: 'work.waiting' }],
      ['verify', 1, before, { waitCode: 'work.queued' }],
    ];
    await store.works.insertMany(
      works.map(([kind, epoch, dueAt, more], n) => ({
        ...{ _id: `j/0/${n}`, jobId: 'j', command: { kind, data: {} }, state: 'open', epoch, dueAt, ...more },
      })) as never,
    );
    await store.works.insertOne({ _id: 'over', state: 'done', dueAt: before } as never);
    const found = await new WorkNumbers(store).open(now);
    assert.deepEqual(
      found
        .map(({ kind, state, code = '', count }) => `${kind} ${state} ${code} ${count}`)
        .toSorted((one, other) => one.localeCompare(other)),
      [
        'archive due  2',
        'archive running  1',
        'archive waiting quota.full 2',
        'archive waiting work.retrying 1',
        'archive waiting work.waiting 2',
        'release later  1',
        'verify due  1',
      ],
    );
  });
});
