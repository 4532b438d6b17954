import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { RetrievedCopies } from '../persistence/retrieved-copies.js';
import { archiveIdOf, minAge, ReconciledArchive, reconciledPid } from '../testing/reconciled-archive.js';
import { ControlObjects } from './control-objects.js';
import { RetrievalObjects } from './retrieval-objects.js';

const day = 86_400_000;
const body = Buffer.from('left behind');
let archive: ReconciledArchive;
const put = (bucket: string, key: string) => archive.objects.put(bucket, key, body, { size: body.length });
const isThere = async (bucket: string, key: string) =>
  (await archive.objects.head(bucket, key)) !== undefined;

describe('The retrieval bucket', () => {
  let check: RetrievalObjects;
  let copies: RetrievedCopies;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    check = checkNow();
    copies = new RetrievedCopies(archive.store);
  });
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);
  const checkNow = () => {
    const { records, objects, clock, share, config } = archive;
    return new RetrievalObjects(records, objects, clock, [share], config);
  };
  const later = (milliseconds: number) => new Date(archive.clock.now().getTime() + milliseconds);
  async function retrieved(name: string, epoch = 1): Promise<void> {
    const recall = { name, archiveId: name, bytes: 1, order: 'o', job: 'j', group: '', epoch };
    await copies.take(recall, archive.clock.now(), later(10));
    await copies.arrived(recall, { bytes: 1, sha256: 's' }, archive.clock.now(), later(10 * day));
  }

  const part = (archiveId: string) => `${archiveId}.parts/${'0a'.repeat(32)}.tar`;
  /** A verified datablock that was put there, or a part of it; old enough, and seen once. */
  async function stray(of: (archiveId: string) => string = (archiveId) => archiveId): Promise<string> {
    const archiveId = await archive.file();
    await archive.datablocks.record(archive.datablockOf(archiveId));
    await put('retrieval', of(archiveId));
    archive.clock.advance(day);
    await run();
    archive.clock.advance(minAge);
    return of(archiveId);
  }

  it('loses an object without a record once two runs saw it that is old enough, and no other one', async () => {
    const [gone, kept] = [await archive.file(), await archive.file()];
    for (const archiveId of [gone, kept]) await archive.datablocks.record(archive.datablockOf(archiveId));
    for (const key of [gone, part(gone), kept, 'outside-uploads/1']) await put('retrieval', key);
    await retrieved(kept);
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    archive.clock.advance(day);
    const first = await run(true);
    assert.deepEqual([first.outcomes, first.watched], [[], 2], 'seen for the first time');
    archive.clock.advance(minAge);
    assert.deepEqual((await run()).subjects, [gone, part(gone)]);
    assert.deepEqual((await run(true)).outcomes, Array(2).fill('retrieved-without-record repaired'));
    assert.deepEqual([await isThere('retrieval', gone), await isThere('retrieval', kept)], [false, true]);
    assert.equal(await isThere('retrieval', part(gone)), false);
    assert.deepEqual((await run()).outcomes, []);
    assert.equal(
      await copies.take(
        { name: gone, archiveId: gone, bytes: 1, order: 'o', job: 'j', group: '', epoch: 1 },
        archive.clock.now(),
        later(1),
      ),
      true,
    );
  });

  it('keeps what is no datablock, or no part of one, of which a good copy is known: others may need it', async () => {
    const [discarded, damaged] = [await archive.file(), await archive.file()];
    const [unknown, missing] = [archiveIdOf(), archiveIdOf()];
    const share = archive.share.name;
    await archive.datablocks.record(archive.datablockOf(discarded));
    await archive.datablocks.discard({ _id: discarded, jobId: 'j', pid: reconciledPid }, archive.clock.now());
    await archive.datablocks.record(archive.datablockOf(missing));
    const bad = { share, verifiedAt: archive.clock.now(), damaged: { at: archive.clock.now(), found: 'x' } };
    await archive.datablocks.record(archive.datablockOf(damaged, { copies: [bad] }));
    const keys = [
      ...[unknown, part(unknown), discarded, damaged, part(damaged), missing],
      ...['dataset/raw.h5', 'manifests/a.json', `${unknown}.parts/other.tar`],
    ];
    for (const key of keys) await put('retrieval', key);
    archive.clock.advance(day);
    await run();
    archive.clock.advance(minAge);
    const found = await run(true);
    assert.deepEqual([...found.subjects].sort(), [...keys].sort());
    assert.deepEqual(found.outcomes, Array(keys.length).fill('retrieved-without-record found'));
    for (const key of keys) assert.equal(await isThere('retrieval', key), true, key);
    assert.equal(await archive.store.retrieved.countDocuments({}), 0, 'nothing is kept from being recalled');
  });

  it('keeps an object whose copies cannot be looked at, which is named, and lets recalls begin', async () => {
    const name = await stray();
    archive.share.gone = true;
    const found = await run(true);
    assert.deepEqual([found.outcomes, found.skipped.length], [['retrieved-without-record found'], 1]);
    archive.share.gone = false;
    const { records } = archive;
    const hold = records.holdStray.bind(records);
    records.holdStray = (held, until) => {
      archive.share.gone = true;
      return hold(held, until);
    };
    assert.deepEqual((await run(true)).outcomes, ['retrieved-without-record failed']);
    assert.equal(await isThere('retrieval', name), true);
    assert.equal(await archive.store.retrieved.countDocuments({}), 0);
  });

  for (const [what, meanwhile] of [
    ['a recall begins', (name: string) => retrieved(name)],
    ['its last copy goes', (name: string) => archive.share.remove(name)],
    [
      'its last good copy is found damaged',
      (name: string) =>
        archive.store.datablocks.updateOne(
          { _id: name },
          { $set: { 'copies.0.damaged': { at: archive.clock.now(), found: 'x' } } },
        ),
    ],
  ] as const)
    it(`keeps an object of which ${what} between the look and the act`, async () => {
      const name = await stray();
      const { records } = archive;
      const hold = records.holdStray.bind(records);
      records.holdStray = async (held, until) => {
        await meanwhile(name);
        return hold(held, until);
      };
      check = checkNow();
      assert.deepEqual((await run(true)).outcomes, ['retrieved-without-record changed']);
      assert.equal(await isThere('retrieval', name), true);
      assert.equal(await archive.store.retrieved.countDocuments({ holder: 'reconciliation' }), 0);
    });

  it('lets no recall begin while a removal that failed may still be carried out by the store', async () => {
    const name = await stray(part);
    const { objects } = archive;
    const remove = objects.removeUnchanged.bind(objects);
    objects.removeUnchanged = () => Promise.reject(new Error('no answer in time'));
    assert.deepEqual((await run(true)).outcomes, ['retrieved-without-record failed']);
    const recall = { name, archiveId: name, bytes: 1, order: 'o', job: 'j', group: '', epoch: 1 };
    const begins = () => copies.take(recall, archive.clock.now(), later(10));
    assert.equal(await begins(), false, 'it would bring what is removed a moment later');
    objects.removeUnchanged = remove;
    archive.clock.advance(archive.config.lease + 1);
    assert.equal(await begins(), true);
  });

  it('lets go of a record without an object, unless it was recalled anew meanwhile', async () => {
    const [lost, anew] = [archiveIdOf(), archiveIdOf()];
    for (const name of [lost, anew]) await retrieved(name);
    archive.clock.advance(archive.config.referencePatience + 20);
    assert.deepEqual((await run()).outcomes, Array(2).fill('retrieved-without-object found'));
    const { records } = archive;
    const forget = records.forgetAsSeen.bind(records);
    records.forgetAsSeen = async (seen) => {
      if (seen._id === anew) await archive.store.retrieved.updateOne({ _id: anew }, { $set: { epoch: 2 } });
      return forget(seen);
    };
    check = checkNow();
    assert.deepEqual([...(await run(true)).outcomes].sort(), [
      'retrieved-without-object changed',
      'retrieved-without-object repaired',
    ]);
    assert.equal(await archive.store.retrieved.countDocuments({ _id: anew }), 1);
    assert.equal(await archive.store.retrieved.countDocuments({ _id: lost }), 0);
  });
});

describe('Lists in the control bucket', () => {
  let check: ControlObjects;
  beforeEach(async () => {
    archive = await ReconciledArchive.create();
    check = checkOn();
  });
  function checkOn(shares = [archive.share], targetNames: readonly string[] = []): ControlObjects {
    const { records, catalogue, objects, clock, config } = archive;
    return new ControlObjects(records, catalogue, objects, clock, shares, { ...config, targetNames });
  }
  const run = (apply = false) => archive.reconciling.run(check, archive.clock.now(), apply);

  for (const [what, drift] of [
    ['a file of that name lies on one', (name: string) => archive.file(name)],
    ['one cannot be looked at', () => Promise.resolve((archive.share.gone = true))],
    [
      'another archiver serves one',
      () => Promise.resolve((check = checkOn([archive.share], [archive.share.name, 'vault']))),
    ],
  ] as const)
    it(`stay while they may be all that is known of a tar on a target: ${what}`, async () => {
      const name = archiveIdOf();
      await put('control', `originals/${name}.ndjson`);
      archive.clock.advance(day);
      await run();
      archive.clock.advance(minAge);
      await drift(name);
      const found = await run(true);
      assert.deepEqual(found.outcomes, []);
      assert.equal(found.skipped.length > 0, !what.startsWith('a file'), found.skipped.join());
      if (what.startsWith('another')) assert.match(found.skipped[0]!, /vault/);
      assert.equal(await isThere('control', `originals/${name}.ndjson`), true);
      // Nothing is lost of what was seen before.
      archive.share.gone = false;
      check = checkOn([archive.share], [archive.share.name]);
      assert.equal((await run()).outcomes.length, what.startsWith('a file') ? 0 : 1);
    });

  it('go when neither a record nor work names their datablock, and stay otherwise', async () => {
    const [gone, recorded, ordered, listed] = [0, 1, 2, 3].map(() => archiveIdOf()) as [
      string,
      string,
      string,
      string,
    ];
    archive.listed.add(listed);
    for (const archiveId of [gone, recorded, ordered, listed]) {
      await put('control', `manifests/${archiveId}.json`);
      await put('control', `originals/${archiveId}.ndjson`);
    }
    await archive.datablocks.record(archive.datablockOf(recorded));
    await archive.order(ordered);
    assert.deepEqual((await run(true)).outcomes, [], 'too young');
    archive.clock.advance(day);
    assert.deepEqual((await run(true)).outcomes, [], 'seen for the first time');
    archive.clock.advance(minAge);
    assert.deepEqual((await run(true)).subjects, [`manifests/${gone}.json`, `originals/${gone}.ndjson`]);
    assert.deepEqual((await run()).outcomes, []);
    assert.equal(await isThere('control', `manifests/${gone}.json`), false);
    assert.equal(await isThere('control', `manifests/${recorded}.json`), true);
    assert.equal(await archive.datablocks.found(gone), undefined, 'no mark is left');
  });

  for (const [what, meanwhile] of [
    ['a record of the datablock', (name: string) => archive.datablocks.record(archive.datablockOf(name))],
    ['work that names it', (name: string) => archive.order(name)],
    ['a datablock of the catalogue', (name: string) => Promise.resolve(archive.listed.add(name))],
    ['a file of that name', (name: string) => archive.file(name)],
    [
      'another version of the list',
      (name: string) =>
        archive.objects.put('control', `manifests/${name}.json`, Buffer.from('new'), { size: 3 }),
    ],
  ] as const)
    it(`stay when ${what} comes between the look and the act`, async () => {
      const name = archiveIdOf();
      await put('control', `manifests/${name}.json`);
      archive.clock.advance(day);
      await run();
      archive.clock.advance(minAge);
      const { records } = archive;
      const mark = records.markUnrecorded.bind(records);
      records.markUnrecorded = async (...parameters) => {
        await meanwhile(name);
        return mark(...parameters);
      };
      check = checkOn();
      assert.deepEqual((await run(true)).outcomes, ['list-without-datablock changed']);
      assert.equal(await isThere('control', `manifests/${name}.json`), true);
    });
});
