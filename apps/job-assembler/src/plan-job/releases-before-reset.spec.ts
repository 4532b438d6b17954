import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { cancelWorkV1 } from '#contracts';
import { ManualClock, TransientError } from '#kernel';
import { eventRow, type OutboxRow } from '#outbox';
import { OriginalReleases } from '../aggregates/original-releases.js';
import { memoryAssembler, type Assembler } from '../testing/assembler.js';
import { messagesOf, orderOf, taskOf } from '../testing/samples.js';
import { ReleasesBeforeReset } from './releases-before-reset.js';

describe('Releases of originals before a reset', () => {
  const clock = new ManualClock();
  const asked = { state: 'done', releaseAskedAt: clock.now() } as const;
  let assembler: Assembler;
  let before: ReleasesBeforeReset;

  beforeEach(async () => {
    assembler = memoryAssembler(clock);
    before = new ReleasesBeforeReset(assembler.releases, clock);
    for (const [taskId, pid] of [
      ['k/0', 'a/b'],
      ['l/0', 'a/b'],
      ['m/0', 'another'],
    ] as const) {
      await assembler.store.tasks.insertOne(taskOf(taskId, { pid, state: 'succeeded' }));
      for (const index of [0, 1])
        await assembler.store.orders.insertOne(orderOf(`${taskId}/${index}`, { ...asked, pid }));
    }
  });

  const at = (id: string) => assembler.store.orders.findOne({ _id: id });
  const openOf = (count: number) => (error: unknown) =>
    error instanceof TransientError &&
    error.code === 'assembly.release-open' &&
    error.message.includes(`found it asked for ${count} of its datablocks`);
  const answer = (id: string) => assembler.orders.noteOriginals(id, { released: 1, kept: 0 });

  it('are asked to end, once, those of the dataset alone, and waited for until each is answered', async () => {
    await assert.rejects(before.end('a/b'), openOf(4));
    for (const id of ['k/0/0', 'k/0/1', 'l/0/0', 'l/0/1'])
      assert.deepEqual(messagesOf(await at(id)), ['archival.cancel-work.v1'], id);
    assert.deepEqual(messagesOf(await at('m/0/0')), []);

    await answer('k/0/0');
    for (const id of ['k/0/1', 'l/0/0'])
      await assembler.orders.noteFault(id, 'release', { code: 'c', message: 'm', fault: 'user' });
    await assert.rejects(before.end('a/b'), openOf(1));
    assert.deepEqual(messagesOf(await at('l/0/1')), ['archival.cancel-work.v1'], 'asked once');

    await answer('l/0/1');
    await before.end('a/b');
  });

  it('that are answered between the look and the request are not asked to end', async () => {
    const releases = new (class extends OriginalReleases {
      archivingJob(pid: string): Promise<string | undefined> {
        return assembler.releases.archivingJob(pid);
      }
      open(pid: string) {
        return assembler.releases.open(pid);
      }
      async askToEnd(id: string, request: OutboxRow, now: Date): Promise<boolean> {
        await answer(id);
        const isAsked = await assembler.releases.askToEnd(id, request, now);
        assert.equal(isAsked, false);
        return isAsked;
      }
    })();
    await assert.rejects(new ReleasesBeforeReset(releases, clock).end('a/b'), openOf(4));
    assert.deepEqual(messagesOf(await at('k/0/0')), []);
    await before.end('a/b');
  });

  it('may still be asked for by an archival that is not over: its job is named', async () => {
    for (const id of ['k/0/0', 'k/0/1', 'l/0/0', 'l/0/1']) await answer(id);
    await assembler.store.tasks.insertOne(taskOf('n/0', { pid: 'a/b', state: 'registering' }));
    await assert.rejects(
      before.end('a/b'),
      (error: unknown) =>
        error instanceof TransientError &&
        error.code === 'assembly.archival-open' &&
        error.message.includes('job n '),
    );
    // What it asked for before it ended is seen: the one is looked at after the other.
    await assembler.store.orders.insertOne(orderOf('n/0/0', { ...asked, pid: 'a/b' }));
    await assembler.store.tasks.updateOne({ _id: 'n/0' }, { $set: { state: 'succeeded' } });
    await assert.rejects(before.end('a/b'), openOf(1));
  });

  it('that are over take no request', async () => {
    await answer('k/0/0');
    const request = eventRow(cancelWorkV1, { workOrderId: 'k/0/0/release', jobId: 'k' }, clock.now());
    assert.equal(await assembler.releases.askToEnd('k/0/0', request, clock.now()), false);
  });
});
