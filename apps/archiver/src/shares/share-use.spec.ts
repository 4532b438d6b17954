import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import type { ArchiverConfig } from '../archiver.config.js';
import { TargetNames } from '../domain/target-names.js';
import { ShareUse } from '../persistence/operators/share-use.js';
import { memoryArchiverStore } from '../testing/memory-archiver-store.js';

describe('What runs on a share', () => {
  it('is counted, and left out while work runs that does not say which shares it needs', async () => {
    const store = memoryArchiverStore();
    const clock = new ManualClock(new Date('2026-01-01T00:00:00Z'));
    const use = new ShareUse(store, new TargetNames(), clock, [], { reserve: 1 } as ArchiverConfig);
    const held = { state: 'open', epoch: 1, dueAt: new Date(clock.now().getTime() + 1000) };
    const work = (_id: string, more: object) => store.works.insertOne({ _id, ...held, ...more } as never);
    await work('a', { command: { kind: 'verify' }, needs: { of: 'all', targets: ['disk'] } });
    await work('b', { command: { kind: 'take' } });
    assert.deepEqual(await use.of('disk'), { reserve: 1, running: 1 });
    await work('c', { command: { kind: 'archive' } });
    assert.deepEqual(await use.of('disk'), { reserve: 1 });
  });
});
