import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { beforeEach, describe, it } from 'node:test';
import { TransientError } from '#kernel';
import type { Command } from '../persistence/records.js';
import { ShareModes } from '../persistence/share-modes.js';
import { day, dyingStore, ScrubbedArchive, type ScrubbingArchiver } from '../testing/scrubbed-archive.js';

const content = Buffer.from('a tar, as far as anybody here knows');
const size = content.length;
const hour = 3_600_000;

describe('An old copy', () => {
  let archive: ScrubbedArchive;
  let archiver: ScrubbingArchiver;
  beforeEach(() => {
    archive = new ScrubbedArchive({ disk: { within: 100 * day, bytesPerDay: 1000, hoursPerDay: 1 } });
    archiver = archive.archiver();
  });

  const disk = () => archive.share('disk');
  const step = (by = archiver, target = 'disk') => by.target.step(target, archive.stop.signal);
  const record = async () => (await archiver.turns.of('disk'))!;
  const waits = async (): Promise<string | undefined> => (await record()).waits?.code;
  const old = (name = 'a', age = 80): Promise<void> =>
    archive.archived(name, content, { disk: age * day, tape: 1 * day });
  const order = (kind: Command['kind'], archiveId: string, targets?: string[]): Promise<unknown> =>
    archive.store.works.insertOne({
      ...{ _id: archiveId, jobId: 'j', command: { kind, data: { archiveId } } as unknown as Command },
      ...{ state: 'open', epoch: 0, attempts: 0, cancelRequested: false, outbox: { rows: [] } },
      ...{ dueAt: archive.clock.now(), acceptedAt: archive.clock.now() },
      ...(targets === undefined ? {} : { needs: { of: 'any' as const, targets } }),
    });

  it('is read before younger ones, and one that is young is not read at all', async () => {
    await old('a', 60);
    await old('b', 80);
    await old('c', 40);
    await archive.serve(archiver, 'disk');
    assert.deepEqual(disk().reads, ['b', 'a']);
    assert.equal(await waits(), 'scrub.nothing-due');
    assert.deepEqual((await archive.copyOf('b', 'disk')).verifiedAt > new Date('2026-01-01'), true);
    assert.equal(disk().freshReads, 2);
  });

  it('waits for another day when its bytes do not fit into this one', async () => {
    archive.rules = { disk: { within: 100 * day, bytesPerDay: 2 * size, hoursPerDay: 1 } };
    archiver = archive.archiver();
    for (const name of ['a', 'b', 'c']) await old(name);
    await archive.serve(archiver, 'disk');
    assert.deepEqual(
      [disk().reads.length, await waits(), (await record()).bytes],
      [2, 'scrub.bytes-spent', 70],
    );
    archive.clock.advance(day);
    await archive.serve(archiver, 'disk');
    assert.equal(disk().reads.length, 3);
  });

  it('is not read while work for its target waits, nor while a work order names it', async () => {
    await old();
    await order('retrieve', 'other', ['disk']);
    assert.deepEqual([await step(), await waits()], [false, 'scrub.work-waits']);
    await archive.store.works.deleteMany({});
    await order('verify', 'other', ['tape']);
    await old('b', 70);
    await archive.store.works.updateOne({ _id: 'other' }, { $set: { 'command.data.archiveId': 'a' } });
    await archive.serve(archiver, 'disk');
    assert.deepEqual(disk().reads, ['b']);
    await archive.store.works.deleteMany({});
    archive.clock.advance(hour + 1);
    await archive.serve(archiver, 'disk');
    assert.deepEqual(disk().reads, ['b', 'a']);
  });

  it('is waited for while its target is away or paused, and costs nothing', async () => {
    await old();
    disk().gone = true;
    assert.deepEqual([await step(), await waits()], [false, 'long-term-storage.unavailable']);
    disk().gone = false;
    const modes = new ShareModes(archive.store, archive.clock);
    await modes.set('disk', 'pause', { by: 'Ada', reason: 'x' });
    const stat = disk().stat.bind(disk());
    disk().stat = async (name) => {
      await modes.assertOpen('disk', 'read');
      return stat(name);
    };
    assert.deepEqual([await step(), await waits()], [false, 'archiver.share-paused']);
    assert.equal((await record()).bytes, 0);
    await modes.set('disk', 'run', { by: 'Ada', reason: 'x' });
    assert.equal(await step(), true);
    assert.deepEqual(disk().reads, ['a']);
  });

  it('that was discarded is not read', async () => {
    await old();
    await archive.store.datablocks.updateOne({ _id: 'a' }, { $set: { state: 'discarded' } });
    assert.deepEqual([await step(), disk().reads], [false, []]);
  });

  it('that reads wrong once and right at the second reading is good, and is not touched', async () => {
    await old();
    disk().flipBit('a', 3);
    disk().watcher = () => {
      if (disk().reads.length === 1) disk().flipBit('a', 3);
    };
    await archive.serve(archiver, 'disk');
    const { damaged, mendedBy } = await archive.copyOf('a', 'disk');
    assert.deepEqual([disk().reads.length, damaged, mendedBy], [2, undefined, undefined]);
    assert.equal(await archive.filesAside('disk'), 0);
    assert.equal((await record()).bytes, 2 * size, 'both readings count');
  });

  it('that is damaged is mended from the other one, under an id that says who did it, and is set aside', async () => {
    await old();
    disk().truncate('a', 5);
    await archive.serve(archiver, 'disk');
    assert.ok(await archive.isGood('a', 'disk'));
    assert.match((await archive.copyOf('a', 'disk')).mendedBy!, /^scrub\/a\/\d+$/);
    const [aside] = await archive.store.asides.find({}).toArray();
    assert.deepEqual([aside?.jobId, aside?.replacedBy, aside?.share], ['scrub', 'disk', 'disk']);
    assert.equal(await waits(), 'scrub.nothing-due');
  });

  it('that is damaged condemns no other one that reads wrong once and right at the second reading', async () => {
    await old();
    disk().flipBit('a', 1);
    const tape = archive.share('tape');
    const read = tape.read.bind(tape);
    tape.read = async (name, options) => {
      const bytes = await read(name, options);
      return tape.reads.length === 1 ? Readable.from([Buffer.from('through a bad cable')]) : bytes;
    };
    await archive.serve(archiver, 'disk');
    assert.equal((await archive.copyOf('a', 'tape')).damaged, undefined);
    assert.equal(await archive.filesAside('tape'), 0);
    assert.ok(await archive.isGood('a', 'disk'), 'it is mended from that one');
  });

  it('that was found damaged by an archiver that died is mended by the next one, without being found again', async () => {
    await old();
    disk().flipBit('a', 1);
    const dying = archive.archiver();
    // It dies when it goes to read the good copy.
    archive.share('tape').watcher = () => {
      throw new TransientError('long-term-storage.unavailable', 'the process dies');
    };
    dying.turns.end = () => new Promise(() => undefined);
    void step(dying).catch(() => undefined);
    while ((await archive.copyOf('a', 'disk')).damaged === undefined) await new Promise(setImmediate);
    archive.share('tape').watcher = () => undefined;
    assert.deepEqual(
      [await step(), (await record()).reading?.archiveId],
      [false, 'a'],
      'its lease is not over',
    );
    archive.clock.advance(120_000);
    const reads = disk().reads.length;
    assert.equal(await step(), true);
    assert.ok(await archive.isGood('a', 'disk'));
    assert.equal((await record()).bytes, size, 'what the dead one took is spent, and mending costs nothing');
    assert.ok(disk().reads.length > reads);
  });

  it('that was read by an archiver which died before it could say so is read once more, and both are spent', async () => {
    await old();
    const state = { isDead: false };
    const dying = archive.archiver(dyingStore(archive.store, state));
    disk().watcher = () => void (state.isDead = true);
    await assert.rejects(step(dying), /the process is dead/);
    disk().watcher = () => undefined;
    archive.clock.advance(120_000);
    await archive.serve(archiver, 'disk');
    assert.deepEqual([disk().reads, (await record()).bytes], [['a', 'a'], 2 * size]);
    assert.ok((await archive.copyOf('a', 'disk')).verifiedAt > new Date('2026-01-01'));
  });

  it('that was set aside by an archiver which died before it named the new one is mended by the next try of the same repair', async () => {
    await old();
    disk().flipBit('a', 1);
    const setAside = disk().setAside.bind(disk());
    disk().setAside = async (name, token) => {
      await setAside(name, token);
      disk().setAside = setAside;
      throw new TransientError('long-term-storage.unavailable', 'the process dies');
    };
    await archive.serve(archiver, 'disk');
    assert.equal(await disk().stat('a'), undefined);
    archive.clock.advance(2 * hour);
    await archive.serve(archive.archiver(), 'disk');
    assert.ok(await archive.isGood('a', 'disk'));
    assert.deepEqual(
      [await archive.filesAside('disk'), await archive.store.asides.countDocuments({})],
      [1, 1],
    );
  });

  it('waits for another day when its time, as fast as the last one was, does not fit into this one', async () => {
    archive.rules = { disk: { within: 100 * day, bytesPerDay: 2 ** 40, hoursPerDay: 1 } };
    archiver = archive.archiver();
    for (const name of ['a', 'b', 'c'])
      await archive.archived(name, Buffer.alloc(1_500_000, name), { disk: 80 * day });
    await archive.serve(archiver, 'disk');
    assert.deepEqual([disk().reads.length, await waits()], [2, 'scrub.hours-spent']);
    assert.ok((await record()).milliseconds <= hour);
    archive.clock.advance(day);
    await archive.serve(archiver, 'disk');
    assert.equal(disk().reads.length, 3);
  });

  it('that cannot be mended now stays damaged in its record, and is tried again later', async () => {
    await old();
    disk().flipBit('a', 1);
    disk().readOnly = true;
    await archive.serve(archiver, 'disk');
    assert.ok((await archive.copyOf('a', 'disk')).damaged !== undefined);
    const reads = archive.shares.map((share) => share.reads.length);
    archive.clock.advance(hour + 1);
    await archive.serve(archiver, 'disk');
    assert.deepEqual(
      archive.shares.map((share) => share.reads.length),
      reads,
      'nothing is read in vain',
    );
    disk().readOnly = false;
    archive.clock.advance(3 * hour);
    await archive.serve(archiver, 'disk');
    assert.ok(await archive.isGood('a', 'disk'));
  });

  it('of which no copy is good any more is left alone, and good again when an operator restores it', async () => {
    await old();
    for (const share of archive.shares) share.flipBit('a', 1);
    await archive.serve(archiver, 'disk');
    assert.equal((await archive.filesAside('disk')) + (await archive.filesAside('tape')), 0);
    const reads = disk().reads.length;
    archive.clock.advance(40 * day);
    await archive.serve(archiver, 'disk');
    assert.equal(disk().reads.length, reads, 'it is read as often as a good one');
    disk().flipBit('a', 1);
    archive.clock.advance(15 * day);
    await archive.serve(archiver, 'disk');
    assert.equal((await archive.copyOf('a', 'disk')).damaged, undefined);
  });

  it('that may not be read is not called damaged, and keeps no other from being read', async () => {
    await old('a', 90);
    await old('b');
    disk().forbidden.add('a');
    await archive.serve(archiver, 'disk');
    assert.deepEqual(disk().reads, ['b']);
    assert.equal((await archive.copyOf('a', 'disk')).damaged, undefined);
    assert.equal((await record()).bytes, size);
  });

  it('is read by one archiver when two come to it in the same moment', async () => {
    await old();
    const other = archive.archiver();
    await archiver.turns.takeCount('disk', archive.clock.now(), new Date(0));
    const before = (await record()).bytes;
    await Promise.all([step(archiver), step(other)]);
    assert.deepEqual([disk().reads, (await record()).bytes - before], [['a'], size]);
  });

  it('that another writer verified or moved between the look and the turn is not read', async () => {
    await old();
    await old('b', 70);
    assert.equal((await archiver.queue.first('disk', archive.clock.now()))?.archiveId, 'a');
    await archive.store.datablocks.updateOne(
      { _id: 'a', 'copies.share': 'disk' },
      { $set: { 'copies.$.verifiedAt': archive.clock.now() } },
    );
    await archive.store.datablocks.updateOne({ _id: 'b' }, { $pull: { copies: { share: 'disk' } } });
    await archive.serve(archiver, 'disk');
    assert.deepEqual(disk().reads, []);
  });

  it('breaks off when the app ends, gives back what was not read, and is read at the next start', async () => {
    await old();
    disk().watcher = () => archive.stop.abort(new Error('the app ends'));
    await assert.rejects(step(), /the app ends/);
    const { bytes, reading, until } = await record();
    assert.deepEqual([bytes, reading, until <= archive.clock.now()], [0, undefined, true]);
    assert.equal((await archive.copyOf('a', 'disk')).damaged, undefined);
    disk().watcher = () => undefined;
    assert.equal(await archive.archiver().target.step('disk', new AbortController().signal), true);
  });
});
